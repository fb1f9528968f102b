import { catalogSettings } from '#catalog/config.ts';
import { str, urlOf } from '#platform/config.ts';

/** The settings of the program that rebuilds the search index. */
export const reindexSettings = {
  CATALOG_DATABASE_URL: urlOf(
    'postgres',
    'postgresql',
  )({
    default: undefined,
    desc: "The catalog service's own database; unset, that of the shop that runs on FRITZY_DATA.",
  }),
  FRITZY_DATA: str({ default: '.fritzy', desc: "The folder of the embedded shop's data." }),
  SEARCH_URL: catalogSettings.SEARCH_URL,
};
