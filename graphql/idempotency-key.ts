import type { ExecutionResult } from 'graphql';
import type { ErrorCode } from '#graphql/error-codes.ts';
import { isIdempotencyKey } from '#platform/idempotency/once.ts';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '#platform/limits.ts';

/** The header Idempotency-Key (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07). */

/** A string of a structured field (RFC 9651, section 3.3.3). */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** `"` and `\` are escaped. */
const QUOTED_LENGTH_MAX = 2 * IDEMPOTENCY_KEY_LENGTH_MAX + 2;

export const IDEMPOTENCY_KEY_PROBLEM = `The Idempotency-Key header must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters.`;

/** Returns the key in the header, which may be without quotes, empty without a header, or undefined if it is invalid. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return '';
  if (header.length > QUOTED_LENGTH_MAX) return undefined;
  const quoted = QUOTED.exec(header)?.[1];
  if (quoted === undefined && header.startsWith('"')) return undefined;
  const key = quoted?.replaceAll(/\\(.)/g, '$1') ?? header;
  return isIdempotencyKey(key) ? key : undefined;
}

/** The status codes of the draft, section 2.7. */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  IDEMPOTENCY_KEY_REUSED: 422,
  IDEMPOTENCY_IN_PROGRESS: 409,
};

/** The status of a request that was refused because of its key, so that nothing was executed; otherwise undefined. */
export function refusedKeyStatus(
  { data }: ExecutionResult,
  errors: readonly { readonly extensions: { readonly code: ErrorCode } }[],
): number | undefined {
  const [first, ...others] = errors;
  const isWhole = others.length === 0 && Object.values(data ?? {}).every((value) => value === null);
  return first && isWhole ? STATUSES[first.extensions.code] : undefined;
}
