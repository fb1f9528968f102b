import { fileURLToPath } from 'node:url';
import { AccountService } from '#account/pb/account_pb.js';
import { implement } from '#platform/rpc.ts';
import { defineService, openServiceDatabase } from '#platform/service.ts';
import { EchoService } from '#platform/test/echo-service.ts';
import { wishlistSettings } from './config.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/** A minimal service. Its answer contains its setting and the number of accounts, at most 100. */
export const service = defineService({
  name: 'wishlist',
  settings: wishlistSettings,
  upstreams: { ACCOUNT_URL: AccountService },
  async start({ WISHLIST_DATABASE_URL: url, WISHES_MAX: wishesMax }, clientOf, deps, stack) {
    const accounts = clientOf(AccountService);
    const own = { name: 'wishlist', url, migrations: MIGRATIONS };
    const { database } = await openServiceDatabase(own, deps, stack);
    const implementation = implement(deps, EchoService, {
      ask: async (_, call) => {
        const found = await accounts.listAccounts({ page: { size: 100 } }, call);
        return { reason: `at most ${wishesMax} wishes`, domain: `${found.accounts.length} accounts` };
      },
    });
    return { implementation, ready: database.ping };
  },
});
