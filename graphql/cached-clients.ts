import { create } from '@bufbuild/protobuf';
import { AccountSchema, BatchGetAccountsResponseSchema, type Account } from '#account/pb/account_pb.js';
import { ACCOUNT_EVENTS } from '#account/pb/topics.ts';
import { BatchGetProductsResponseSchema, ProductSchema, type Product } from '#catalog/pb/catalog_pb.js';
import { CATALOG_EVENTS } from '#catalog/pb/topics.ts';
import type { GatewayConfig } from '#graphql/config.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { watchChanges } from '#graphql/watch-changes.ts';
import { AGE_MS_MAX, createEntityCache, type EntityCache } from '#platform/cache/entity-cache.ts';
import type { SharedCache } from '#platform/cache/shared-cache.ts';
import type { Clock } from '#platform/clock.ts';
import type { EventLog } from '#platform/events/event.ts';
import type { Logger } from '#platform/logger.ts';
import type { Telemetry } from '#platform/telemetry.ts';

export interface CacheDeps {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Delivers changes made elsewhere. Undefined: the cache shows them after AGE_MS_MAX. */
  readonly changes: Pick<EventLog, 'watch'> | undefined;
}

/** Approximate bytes of a message without its texts. */
const OBJECT_BYTES = 500;

/**
 * Returns clients that cache accounts and products for reads by id (docs/decisions/0005-entity-caches.md). A response is
 * at most AGE_MS_MAX old and never older than a change made through these clients. Only the gateway uses them: services
 * read data on which they decide, such as the price of an order, from its source. Disposing `stack` closes the caches.
 */
export async function cacheEntities(
  config: GatewayConfig['cache'],
  clients: Clients,
  deps: CacheDeps,
  stack: AsyncDisposableStack,
): Promise<Clients> {
  const { elapsedMs } = deps.clock;
  const metrics = deps.telemetry.cache;
  const shared = await openShared(config.url, deps);
  if (shared) stack.use(shared);
  const common = { ...config, shared, elapsedMs, metrics };
  const accounts = createEntityCache<Account>({
    ...common,
    name: 'account',
    isPublic: false,
    schema: AccountSchema,
    sizeOf: ({ name }) => OBJECT_BYTES + 2 * name.length,
    load: async (ids, call) => (await clients.accounts.batchGetAccounts({ ids: [...ids] }, call)).accounts,
  });
  const products = createEntityCache<Product>({
    ...common,
    name: 'product',
    // The catalog returns the same data to all principals.
    isPublic: true,
    schema: ProductSchema,
    sizeOf: ({ name, description }) => OBJECT_BYTES + 2 * (name.length + description.length),
    load: async (ids, call) => (await clients.catalog.batchGetProducts({ ids: [...ids] }, call)).products,
  });
  if (deps.changes) {
    const caches = { [ACCOUNT_EVENTS]: accounts, [CATALOG_EVENTS]: products };
    stack.use(watchChanges(deps.changes, caches, deps.logger));
  }
  return {
    ...clients,
    accounts: cachedAccounts(clients, accounts),
    catalog: cachedCatalog(clients, products),
  };
}

async function openShared(url: string, deps: CacheDeps): Promise<SharedCache | undefined> {
  if (new URL(url).protocol === 'memory:') return undefined;
  const { openRedisCache } = await import('#platform/cache/redis-cache.ts');
  const { logger, telemetry, clock } = deps;
  const { elapsedMs } = clock;
  return openRedisCache(url, { logger, metrics: telemetry.cache, ageMsMax: AGE_MS_MAX, elapsedMs });
}

function cachedAccounts({ accounts }: Clients, cache: EntityCache<Account>): Clients['accounts'] {
  return {
    ...accounts,
    batchGetAccounts: async ({ ids = [] }, call) =>
      create(BatchGetAccountsResponseSchema, { accounts: existing(await cache.get(ids, call)) }),
    createAccount: (request, call) =>
      cache.write(
        undefined,
        call,
        () => accounts.createAccount(request, call),
        (answer) => (isFirst(request) ? answer.account : undefined),
      ),
    renameAccount: (request, call) =>
      cache.write(
        request.id,
        call,
        () => accounts.renameAccount(request, call),
        (answer) => answer.account,
      ),
  };
}

function cachedCatalog({ catalog }: Clients, cache: EntityCache<Product>): Clients['catalog'] {
  return {
    ...catalog,
    batchGetProducts: async ({ ids = [] }, call) =>
      create(BatchGetProductsResponseSchema, { products: existing(await cache.get(ids, call)) }),
    createProduct: (request, call) =>
      cache.write(
        undefined,
        call,
        () => catalog.createProduct(request, call),
        (answer) => (isFirst(request) ? answer.product : undefined),
      ),
    updateProduct: (request, call) =>
      cache.write(
        request.id,
        call,
        () => catalog.updateProduct(request, call),
        (answer) => answer.product,
      ),
    archiveProduct: (request, call) =>
      cache.write(
        request.id,
        call,
        () => catalog.archiveProduct(request, call),
        (answer) => answer.product,
      ),
  };
}

/** Whether the answer is certainly the current state: with a key it can be the answer of an earlier request. */
function isFirst({ idempotencyKey = '' }: { readonly idempotencyKey?: string }): boolean {
  return idempotencyKey === '';
}

function existing<T>(entities: readonly (T | null)[]): T[] {
  return entities.filter((entity) => entity !== null);
}
