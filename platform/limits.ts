/**
 * Bounds that the gateway and the services share: callers divide their work by them, and a service refuses a request that
 * exceeds them. Bounds of one service stay in its folder; those of a request to the gateway are in graphql/http-limits.ts
 * and graphql/document-limits.ts.
 */

/** Rows of a page. */
export const PAGE_SIZE_MAX = 100;
/** Rows of a page whose size is left out. */
export const PAGE_SIZE_DEFAULT = 20;
/** Rows that a page may skip. */
export const SKIP_MAX = 10_000;
/** Ids of one call that reads rows by id. */
export const BATCH_SIZE_MAX = 1_000;
/** Parents of one call that lists their children. */
export const PARENTS_MAX = 100;
/** Ids of one call that reads parts of the rows of pages: a page of pages. */
export const NESTED_BATCH_SIZE_MAX = PAGE_SIZE_MAX * PAGE_SIZE_MAX;
