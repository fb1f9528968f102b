import { urlOf, wholeNumber } from '#platform/config.ts';
import { storedCurrencySettings } from '#platform/currency.ts';

/** The bounds of searches in PostgreSQL unless settings say otherwise. */
export const SEARCH_POOL = { connectionsMax: 3, statementTimeoutMs: 2_000 };

/** The settings of the catalog service. */
export const catalogSettings = {
  ...storedCurrencySettings,
  CATALOG_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The catalog service's own database." }),
  SEARCH_URL: urlOf(
    'http',
    'https',
    'postgres',
  )({
    default: 'postgres:',
    desc: 'Elasticsearch or OpenSearch, http://host:port; postgres: searches in the catalog database.',
  }),
  SEARCH_CONNECTIONS_MAX: wholeNumber(
    1,
    100,
  )({
    default: SEARCH_POOL.connectionsMax,
    desc: 'How many searches run in PostgreSQL at once; each may keep a core busy.',
  }),
  SEARCH_STATEMENT_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({
    default: SEARCH_POOL.statementTimeoutMs,
    desc: 'How long a search in PostgreSQL may take, in milliseconds.',
  }),
};
