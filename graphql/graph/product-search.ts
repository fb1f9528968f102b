import type { Facets, Product, SearchMatch, SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
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
import { withArgumentPaths } from '#graphql/graph/violations.ts';
import type { Call } from '#platform/call.ts';

export interface SearchArguments {
  readonly query?: string | null | undefined;
  readonly filter?: ProductFilter;
  readonly sort: ProductSort;
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** The argument paths of searchProducts. */
const PATHS = { query: 'query', filter: 'filter', size: 'first', after: 'after', sort: 'sort' };

/** A search that reads only the parts that the selected fields need, in one call to the catalog. */
export class ProductSearch {
  readonly #args: SearchArguments;
  readonly #list: CursorList;
  readonly #slice: Slice;
  readonly #clients: Clients;
  readonly #call: Call;
  readonly #parts = { products: false, total: false, facets: false, didYouMean: false };
  #response: Promise<SearchProductsResponse> | undefined;
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

  /** All fields of an object are resolved in the same tick, so the call is sent in a microtask, with all their parts. */
  #load(part?: 'products' | 'total' | 'facets' | 'didYouMean'): Promise<SearchProductsResponse> {
    if (part !== undefined) this.#parts[part] = true;
    this.#response ??= Promise.resolve().then(() => this.#search());
    return this.#response;
  }

  #search(): Promise<SearchProductsResponse> {
    const { query, filter, sort } = this.#args;
    const { size, after } = this.#slice;
    const { products, total, facets, didYouMean } = this.#parts;
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
    return withArgumentPaths(PATHS, this.#clients.catalog.searchProducts(request, this.#call));
  }

  /** Returns the page of products as a connection. */
  #page(): Promise<Connection<Product>> {
    this.#connection ??= this.#load('products').then((response) =>
      toConnection(this.#list, this.#slice, foundProducts(response)),
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
    return (await this.#load('total')).total;
  }

  async facets(): Promise<Facets | undefined> {
    return (await this.#load('facets')).facets;
  }

  /** Every response says what its products match. */
  async matched(): Promise<SearchMatch> {
    return (await this.#load()).matched;
  }

  async didYouMean(): Promise<string | null> {
    const { didYouMean } = await this.#load('didYouMean');
    return didYouMean === '' ? null : didYouMean;
  }
}
