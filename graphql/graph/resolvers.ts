import { accountResolvers } from '#graphql/graph/account.ts';
import { categoryResolvers } from '#graphql/graph/category.ts';
import { identityResolvers } from '#graphql/graph/identity.ts';
import { nodeResolvers } from '#graphql/graph/node.ts';
import { orderResolvers } from '#graphql/graph/order.ts';
import { productResolvers } from '#graphql/graph/product.ts';
import { searchResolvers } from '#graphql/graph/search.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';

/**
 * The resolvers of all domains. Their source objects are proto messages: a field without a resolver is the message field
 * of the same name.
 */
export const resolvers: Resolvers[] = [
  accountResolvers,
  categoryResolvers,
  identityResolvers,
  nodeResolvers,
  orderResolvers,
  productResolvers,
  searchResolvers,
];
