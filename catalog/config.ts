import { urlOf } from '#platform/config.ts';

/** The settings of the catalog service. */
export const catalogSettings = {
  CATALOG_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The catalog service's own database." }),
};
