import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import type { Currency } from '#platform/currency.ts';

/** What the operator sets about the shop. */
export interface Shop {
  readonly name: string;
  readonly currency: Currency;
}

/** The resolvers of the shop. */
export const shopResolvers = (shop: Shop | undefined): Resolvers => ({
  Query: { shop: () => shop ?? null },
});
