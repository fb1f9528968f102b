import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import type { Currency } from '#platform/currency.ts';

/** What the operator sets about the shop. */
export interface Shop {
  readonly name: string;
  readonly currency: Currency;
}

/** The fields that resolve the shop itself. */
export const shopResolvers = (shop: Shop | undefined): Resolvers => ({
  Query: { shop: () => shop ?? null },
});
