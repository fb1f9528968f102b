/** The topics of the catalog service. The JSON Schema of each is the file of its name in this folder. */
export const CATALOG_EVENTS = 'catalog.events';
export const CATEGORY_EVENTS = 'category.events';
