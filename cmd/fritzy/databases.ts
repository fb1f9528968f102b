import { databaseSetting, EVENTS_DATABASE, SERVICES } from '#cmd/services.ts';
import type { Environment } from '#platform/config.ts';
import type { EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/** The databases of the shop, keyed by the setting that contains their URL. */
export const DATABASES: ReadonlyMap<string, string> = new Map([
  ...SERVICES.map(({ name }): [string, string] => [databaseSetting(name), name]),
  ['EVENTS_URL', EVENTS_DATABASE],
]);

/** Whether the shop must start its own PostgreSQL. */
export const needsPostgres = (env: Environment): boolean => DATABASES.keys().some((setting) => !env[setting]);

/**
 * The environment with the URLs of all databases. Unset URLs point to databases of the PostgreSQL that `start` starts,
 * which is called only if a URL is unset.
 */
export async function findDatabases(
  env: Environment,
  start: () => Promise<EmbeddedPostgres>,
  stack: AsyncDisposableStack,
): Promise<{ env: Environment; postgres: EmbeddedPostgres | undefined }> {
  if (!needsPostgres(env)) return { env, postgres: undefined };
  const postgres = stack.use(await start());
  const missing = [...DATABASES].filter(([setting]) => !env[setting]);
  await Promise.all(missing.map(([, name]) => postgres.ensureDatabase(name)));
  const own = Object.fromEntries(missing.map(([setting, name]) => [setting, postgres.url(name)]));
  return { env: { ...env, ...own }, postgres };
}
