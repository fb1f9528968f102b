import { urlOf } from '#platform/config.ts';
import { storedCurrencySettings } from '#platform/currency.ts';

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
};
