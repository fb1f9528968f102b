/**
 * Limits that the gateway and the services share: callers split their work accordingly, and a service rejects a request
 * that exceeds them. Limits of one service are in its folder; limits of a request to the gateway are in
 * graphql/http-limits.ts and graphql/document-limits.ts.
 */

/** Maximum rows of a page. */
export const PAGE_SIZE_MAX = 100;
/** Rows of a page without a size. */
export const PAGE_SIZE_DEFAULT = 20;
/** Maximum rows that a page may skip. */
export const SKIP_MAX = 10_000;
/** Maximum ids of one call that reads rows by id. */
export const BATCH_SIZE_MAX = 1_000;
/** Maximum parents of one call that lists children. */
export const PARENTS_MAX = 100;
/** Maximum ids of one call that reads parts of rows for a page of pages. */
export const NESTED_BATCH_SIZE_MAX = PAGE_SIZE_MAX * PAGE_SIZE_MAX;
/** Maximum characters of an idempotency key. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 200;
