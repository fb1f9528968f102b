import type { EmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

const NAMES = ['account', 'catalog', 'order', 'events'] as const;

export type DatabaseUrls = Readonly<Record<(typeof NAMES)[number], string>>;

/** The URLs that are given; for the others a database of a PostgreSQL that is started only if one is needed. */
export async function findDatabases(
  given: Readonly<Record<(typeof NAMES)[number], string | undefined>>,
  start: () => Promise<EmbeddedPostgres>,
  stack: AsyncDisposableStack,
): Promise<{ urls: DatabaseUrls; postgres: EmbeddedPostgres | undefined }> {
  const { account, catalog, order, events } = given;
  if (account && catalog && order && events)
    return { urls: { account, catalog, order, events }, postgres: undefined };
  const postgres = stack.use(await start());
  const missing = NAMES.filter((name) => given[name] === undefined);
  await Promise.all(missing.map((name) => postgres.ensureDatabase(name)));
  const urlOf = (name: (typeof NAMES)[number]): string => given[name] ?? postgres.url(name);
  return {
    urls: {
      account: urlOf('account'),
      catalog: urlOf('catalog'),
      order: urlOf('order'),
      events: urlOf('events'),
    },
    postgres,
  };
}
