/** The topics of the catalog service. `<topic>.schema.json` in this folder is the JSON Schema of a topic's events. */
export const CATALOG_EVENTS = 'catalog.events';
export const CATEGORY_EVENTS = 'category.events';
