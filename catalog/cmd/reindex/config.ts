import { catalogSettings } from '#catalog/config.ts';
import { str, urlOf } from '#platform/config.ts';

/** The settings of the reindex command. */
export const reindexSettings = {
  CATALOG_DATABASE_URL: urlOf(
    'postgres',
    'postgresql',
  )({
    default: undefined,
    desc: 'The database of the catalog service; default: that of the embedded shop in FRITZY_DATA.',
  }),
  FRITZY_DATA: str({ default: '.fritzy', desc: "The folder of the embedded shop's data." }),
  SEARCH_URL: catalogSettings.SEARCH_URL,
  SEARCH_LANGUAGE: catalogSettings.SEARCH_LANGUAGE,
};
