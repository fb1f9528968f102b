import { AppError, invalid, violationsError, type Violation } from '#platform/errors.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SKIP_MAX } from '#platform/limits.ts';
import type { PageRequest } from '#platform/pb/page_pb.js';

/** Input validation. Each check returns the normalized value or throws INVALID_ARGUMENT. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** C0 and C1 control characters, including NUL, which PostgreSQL cannot store. */
// oxlint-disable-next-line no-control-regex -- the pattern must match control characters
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex -- as above, but line breaks and tabs are allowed
const CONTROLS_BUT_LINES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Returns the UUID in lower case. */
export function requireUuid(field: string, value: string): string {
  if (!UUID.test(value)) throw invalid(field, 'must be a UUID');
  return value.toLowerCase();
}

/** Returns at most `max` UUIDs in lower case without duplicates. */
export function requireUuids(field: string, values: readonly string[], max: number): string[] {
  if (values.length > max) throw invalid(field, `must have at most ${max} ids`);
  return [...new Set(requireEach(values, (value, index) => requireUuid(`${field}[${index}]`, value)))];
}

/**
 * Runs all checks and returns their results. If any check throws violations, throws one error with all violations; any
 * other error is thrown immediately.
 */
export function requireAll<T extends Record<string, unknown>>(checks: {
  readonly [Name in keyof T]: () => T[Name];
}): T {
  const results: Partial<T> = {};
  const names: (keyof T)[] = Object.keys(checks);
  requireEach(names, (name) => {
    results[name] = checks[name]();
  });
  return results as T;
}

/** Like `requireAll` for the items of a list. */
export function requireEach<T, R>(items: readonly T[], check: (item: T, index: number) => R): R[] {
  const results: R[] = [];
  const violations: Violation[] = [];
  items.forEach((item, index) => {
    try {
      results.push(check(item, index));
    } catch (error) {
      if (!(error instanceof AppError) || error.violations.length === 0) throw error;
      violations.push(...error.violations);
    }
  });
  const [first, ...others] = violations;
  if (first) throw violationsError(first, ...others);
  return results;
}

/** Returns the trimmed text of `min` to `max` characters (code points), on one line unless `lines` is set. */
export function requireText(
  field: string,
  value: string,
  bound: { min: number; max: number; lines?: boolean },
): string {
  const text = value.trim();
  // A character has at most two UTF-16 units: longer text need not be counted.
  const length = text.length > 2 * bound.max ? text.length : Array.from(text).length;
  if (length < bound.min || length > bound.max) {
    throw invalid(
      field,
      bound.min === 0
        ? `must have at most ${bound.max} characters`
        : `must have ${bound.min} to ${bound.max} characters`,
    );
  }
  if (!text.isWellFormed()) throw invalid(field, 'must be well-formed Unicode');
  if ((bound.lines ? CONTROLS_BUT_LINES : CONTROLS).test(text))
    throw invalid(field, 'must not contain control characters');
  return text;
}

/** A whole number from `min` to `max`. */
export function requireWhole(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(field, `must be a whole number from ${min} to ${max}`);
  return value;
}

/** The number of rows of a page. */
export function requirePageSize(field: string, size = PAGE_SIZE_DEFAULT, max = PAGE_SIZE_MAX): number {
  return requireWhole(field, size, 1, max);
}

/** A part of a list that is ordered by id, newest first. */
export interface Page {
  readonly size: number;
  readonly skip: number;
  readonly afterId: string | null;
  readonly beforeId: string | null;
  readonly fromEnd: boolean;
}

/** Checks a page's bounds; without a page request, the first PAGE_SIZE_DEFAULT rows. */
export function requirePage(page: PageRequest | undefined): Page {
  const { size, skip, afterId, beforeId } = requireAll({
    size: () => requirePageSize('page.size', page?.size),
    skip: () => requireWhole('page.skip', page?.skip ?? 0, 0, SKIP_MAX),
    afterId: () => (page?.afterId ? requireUuid('page.afterId', page.afterId) : null),
    beforeId: () => (page?.beforeId ? requireUuid('page.beforeId', page.beforeId) : null),
  });
  if (skip > 0 && (afterId !== null || beforeId !== null))
    throw invalid('page.skip', 'must be 0 together with afterId or beforeId');
  return { size, skip, afterId, beforeId, fromEnd: page?.fromEnd ?? false };
}

/** Equal for equal pages, so that callers that request the same page share one read. */
export function pageKey(page: Page): string {
  return `${page.size} ${page.skip} ${page.afterId} ${page.beforeId} ${page.fromEnd}`;
}
