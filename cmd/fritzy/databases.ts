import { databaseSetting, EVENTS_DATABASE, SERVICES } from '#cmd/services.ts';
import type { Environment } from '#platform/config.ts';
import type { EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/** The databases of the shop, by the setting that holds their URL. */
export const DATABASES: ReadonlyMap<string, string> = new Map([
  ...SERVICES.map(({ name }): [string, string] => [databaseSetting(name), name]),
  ['EVENTS_URL', EVENTS_DATABASE],
]);

/** Whether the shop needs a PostgreSQL of its own. */
export const needsPostgres = (env: Environment): boolean => DATABASES.keys().some((setting) => !env[setting]);

/**
 * The environment with the URL of each database: what is not set is a database of a PostgreSQL that is started only if
 * one is needed.
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
