import { fileURLToPath } from 'node:url';
import { CatalogService } from '#catalog/pb/catalog_pb.js';
import { catalogHandlers } from '#catalog/rpc.ts';
import { createStore } from '#catalog/store.ts';
import { implement } from '#platform/rpc.ts';
import { openServiceDatabase, type ServiceDeps, type StartedService } from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** How near a name must be to what was typed: at 0.5 "headfone" finds "headphone". */
const SETTINGS = { 'pg_trgm.word_similarity_threshold': '0.5' };

/** Brings the catalog service up on its database. `stack` ends it. */
export async function startCatalog(
  config: { databaseUrl: string },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof CatalogService>> {
  const own = { name: 'catalog', url: config.databaseUrl, migrations: MIGRATIONS, settings: SETTINGS };
  const database = await openServiceDatabase(own, deps, stack);
  const handlers = catalogHandlers({ store: createStore(database), clock: deps.clock });
  return { implementation: implement(deps, CatalogService, handlers), ready: database.ping };
}
