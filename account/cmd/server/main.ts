import { accountSettings } from '#account/config.ts';
import { startAccount } from '#account/service.ts';
import { readConfig } from '#platform/config.ts';
import { run } from '#platform/run.ts';
import { serveService, serviceSettings } from '#platform/service.ts';

/** The account service in a process of its own. */
await run(async (stack) => {
  const config = readConfig(process.env, { ...serviceSettings, ...accountSettings });
  const start = startAccount.bind(null, { databaseUrl: config.ACCOUNT_DATABASE_URL });
  await serveService(config, 'account', start, stack);
});
