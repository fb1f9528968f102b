import { fileURLToPath } from 'node:url';
import { accountSettings } from '#account/config.ts';
import { AccountService } from '#account/pb/account_pb.js';
import { accountHandlers } from '#account/rpc.ts';
import { createStore } from '#account/store.ts';
import { implement } from '#platform/rpc.ts';
import {
  defineService,
  openServiceDatabase,
  type ServiceDeps,
  type StartedService,
} from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

export const service = defineService({
  name: 'account',
  settings: accountSettings,
  start: ({ ACCOUNT_DATABASE_URL: databaseUrl }, _, deps, stack) =>
    startAccount({ databaseUrl }, deps, stack),
});

/** Starts the account service on its database. `stack` stops it. */
export async function startAccount(
  config: { databaseUrl: string },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof AccountService>> {
  const own = { name: 'account', url: config.databaseUrl, migrations: MIGRATIONS };
  const { database, idempotency } = await openServiceDatabase(own, deps, stack);
  const handlers = accountHandlers({ store: createStore(database), idempotency, clock: deps.clock });
  return { implementation: implement(deps, AccountService, handlers), ready: database.ping };
}
