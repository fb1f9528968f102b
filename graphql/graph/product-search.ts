import type { Facets, SearchProductsResponse } from '#catalog/pb/catalog_pb.js';
import { SearchSort } from '#catalog/pb/catalog_pb.js';
import type { Clients } from '#graphql/graph/clients.ts';
import { named } from '#graphql/graph/violations.ts';
import type { Call } from '#platform/call.ts';

export interface SearchArguments {
  readonly query?: string | null | undefined;
  readonly filter?: {
    readonly priceMin?: number | null | undefined;
    readonly priceMax?: number | null | undefined;
    readonly categoryId?: string | null | undefined;
    readonly tags?: readonly string[] | null | undefined;
  } | null;
  readonly sort: 'RELEVANCE' | 'PRICE_ASC' | 'PRICE_DESC' | 'NEWEST';
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** The paths of a search in the arguments of searchProducts. */
const PATHS = { query: 'query', filter: 'filter', size: 'first', after: 'after', sort: 'sort' };

/** A search of which only those parts are worked out that fields ask for: all in one call to the catalog. */
export class ProductSearch {
  readonly #args: SearchArguments;
  readonly #clients: Clients;
  readonly #call: Call;
  readonly #wants = { products: false, total: false, facets: false, didYouMean: false };
  #answer: Promise<SearchProductsResponse> | undefined;

  constructor(args: SearchArguments, clients: Clients, call: Call) {
    this.#args = args;
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
    const { query, filter, sort, first, after } = this.#args;
    const { products, total, facets, didYouMean } = this.#wants;
    const request = {
      query: query ?? '',
      size: first,
      filter: {
        ...(filter?.priceMin != null && { priceMinMinor: BigInt(filter.priceMin) }),
        ...(filter?.priceMax != null && { priceMaxMinor: BigInt(filter.priceMax) }),
        categoryId: filter?.categoryId ?? '',
        tags: [...(filter?.tags ?? [])],
      },
      sort: SearchSort[sort],
      after: after ?? '',
      withoutProducts: !products,
      withTotal: total,
      withFacets: facets,
      withDidYouMean: didYouMean,
    };
    return named(PATHS, this.#clients.catalog.searchProducts(request, this.#call));
  }

  async nodes(): Promise<SearchProductsResponse['products']> {
    return (await this.#want('products')).products;
  }

  async edges() {
    const { products, cursors } = await this.#want('products');
    return products.map((node, index) => ({ node, cursor: cursors[index] ?? '' }));
  }

  async pageInfo() {
    const { cursors, hasMore, endCursor } = await this.#want('products');
    return {
      hasNextPage: hasMore,
      hasPreviousPage: this.#args.after != null,
      startCursor: cursors[0] ?? null,
      endCursor: endCursor === '' ? null : endCursor,
    };
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
