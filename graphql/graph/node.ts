import { AccountSchema } from '#account/pb/account_pb.js';
import { CategorySchema, ProductSchema } from '#catalog/pb/catalog_pb.js';
import type { Context } from '#graphql/graph/context.ts';
import type { Loaders } from '#graphql/graph/loaders.ts';
import type { NodeMessage } from '#graphql/graph/node-message.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { OrderLineSchema, OrderSchema } from '#order/pb/order_pb.js';
import { asAppError, invalid } from '#platform/errors.ts';
import { requireUuid } from '#platform/input.ts';

const IDS_MAX = 100;

/** The resolvers of objects of any type by id. */
export const nodeResolvers: Resolvers = {
  Query: {
    node: (_, { id }, context) => findNode('id', id, context),
    nodes: async (_, { ids }, context) => {
      if (ids.length > IDS_MAX) throw invalid('ids', `must have at most ${IDS_MAX} ids`);
      const found = await Promise.allSettled(ids.map((id, index) => findNode(`ids[${index}]`, id, context)));
      return found.map((one) => (one.status === 'fulfilled' ? one.value : asAppError(one.reason)));
    },
  },

  Node: {
    __resolveType: (node) => (node instanceof Error ? null : TYPES[node.$typeName]),
  },
};

const TYPES = {
  [AccountSchema.typeName]: 'Account',
  [CategorySchema.typeName]: 'Category',
  [OrderSchema.typeName]: 'Order',
  [OrderLineSchema.typeName]: 'OrderedProduct',
  [ProductSchema.typeName]: 'Product',
} as const satisfies Record<NodeMessage['$typeName'], string>;

/** An id does not contain the type, so all services are called: one call per type for all ids of a request. */
const LOADERS = [
  'account',
  'product',
  'category',
  'order',
  'line',
] as const satisfies readonly (keyof Loaders)[];
const NOT_FOUND = new Error('not found');

/** Returns the object from the first service that has it. Rejects if no service returned it and one of them failed. */
async function findNode(field: string, text: string, context: Context): Promise<NodeMessage | null> {
  const { loaders } = context;
  const id = requireUuid(field, text);
  const reads = LOADERS.map(async (type): Promise<NodeMessage | null> => loaders[type].load(id));
  const found = reads.map(async (read) => (await read) ?? Promise.reject(NOT_FOUND));
  const node = await Promise.any(found).catch(async () => {
    await Promise.all(reads);
    return null;
  });
  return node && exists(node, context) ? node : null;
}

/** Whether an object exists for the caller. A line does not name its account, so customers read it through its order. */
function exists(node: NodeMessage, context: Context): boolean {
  switch (node.$typeName) {
    case AccountSchema.typeName:
      return context.maySee(node.id);
    case OrderSchema.typeName:
      return context.maySee(node.accountId);
    case OrderLineSchema.typeName:
      return context.maySee('');
    default:
      return true;
  }
}
