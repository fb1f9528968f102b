import { oneOf, urlOf, wholeNumber } from '#platform/config.ts';
import { SEARCH_LANGUAGE_DEFAULT, SEARCH_LANGUAGES } from '#catalog/search/language.ts';
import { storedCurrencySettings } from '#platform/currency.ts';

/** The default bounds of searches in PostgreSQL. */
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
    desc: 'The URL of Elasticsearch or OpenSearch (http://host:port), or postgres: to search in the catalog database.',
  }),
  SEARCH_LANGUAGE: oneOf(...SEARCH_LANGUAGES)({
    default: SEARCH_LANGUAGE_DEFAULT,
    desc: 'The language of the products, whose stems and stop words searches use.',
  }),
  SEARCH_CONNECTIONS_MAX: wholeNumber(
    1,
    100,
  )({
    default: SEARCH_POOL.connectionsMax,
    desc: 'The maximum number of concurrent searches in PostgreSQL; each can occupy a CPU core.',
  }),
  SEARCH_STATEMENT_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({
    default: SEARCH_POOL.statementTimeoutMs,
    desc: 'The time limit of a search in PostgreSQL, in milliseconds.',
  }),
};
