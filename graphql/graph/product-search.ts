import type { Facets, Product, SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import type { Clients } from '#graphql/graph/clients.ts';
import { toConnection, toSlice, type Connection, type Slice } from '#graphql/graph/connection.ts';
import { cursorList, type CursorList } from '#graphql/graph/cursor.ts';
import {
  effectiveSort,
  foundProducts,
  toFilterRequest,
  type ProductFilter,
  type ProductSort,
} from '#graphql/graph/product-filter.ts';
import { named } from '#graphql/graph/violations.ts';
import type { Call } from '#platform/call.ts';

export interface SearchArguments {
  readonly query?: string | null | undefined;
  readonly filter?: ProductFilter;
  readonly sort: ProductSort;
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** The paths of a search in the arguments of searchProducts. */
const PATHS = { query: 'query', filter: 'filter', size: 'first', after: 'after', sort: 'sort' };

/** A search of which only those parts are worked out that fields ask for: all in one call to the catalog. */
export class ProductSearch {
  readonly #args: SearchArguments;
  readonly #list: CursorList;
  readonly #slice: Slice;
  readonly #clients: Clients;
  readonly #call: Call;
  readonly #wants = { products: false, total: false, facets: false, didYouMean: false };
  #answer: Promise<SearchProductsResponse> | undefined;
  #connection: Promise<Connection<Product>> | undefined;

  /** Throws INVALID_ARGUMENT, INVALID_CURSOR. */
  constructor(args: SearchArguments, clients: Clients, call: Call) {
    const { filter, sort, first, after } = args;
    const query = args.query?.trim() ?? '';
    this.#args = args;
    this.#list = cursorList('searchProducts', { query, filter, order: effectiveSort(sort, query) });
    this.#slice = toSlice({ first, after }, this.#list);
    this.#clients = clients;
    this.#call = call;
  }

  /** Fields of one object are resolved in one go; the call is made after all have said what they want. */
  #want(part: 'products' | 'total' | 'facets' | 'didYouMean'): Promise<SearchProductsResponse> {
    this.#wants[part] = true;
    this.#answer ??= Promise.resolve().then(() => this.#ask());
    return this.#answer;
  }

  #ask(): Promise<SearchProductsResponse> {
    const { query, filter, sort } = this.#args;
    const { size, after } = this.#slice;
    const { products, total, facets, didYouMean } = this.#wants;
    const request = {
      ...toFilterRequest(filter, sort),
      query: query ?? '',
      size,
      after,
      withoutProducts: !products,
      withTotal: total,
      withFacets: facets,
      withDidYouMean: didYouMean,
    };
    return named(PATHS, this.#clients.catalog.searchProducts(request, this.#call));
  }

  /** The page of products as a connection. */
  #page(): Promise<Connection<Product>> {
    this.#connection ??= this.#want('products').then((answer) =>
      toConnection(this.#list, this.#slice, foundProducts(answer)),
    );
    return this.#connection;
  }

  async nodes() {
    return (await this.#page()).nodes;
  }

  async edges() {
    return (await this.#page()).edges;
  }

  async pageInfo() {
    return (await this.#page()).pageInfo;
  }

  async totalCount(): Promise<number> {
    return (await this.#want('total')).total;
  }

  async facets(): Promise<Facets | undefined> {
    return (await this.#want('facets')).facets;
  }

  async didYouMean(): Promise<string | null> {
    const { didYouMean } = await this.#want('didYouMean');
    return didYouMean === '' ? null : didYouMean;
  }
}
