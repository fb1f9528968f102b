/** A JSON string is also an element of a PostgreSQL array, unless it escapes a control character or an unpaired surrogate. */
const JSON_ONLY_ESCAPE = /\\[^"\\]/;

/**
 * Returns an array of texts or of whole numbers as a PostgreSQL array literal. Returns any other value unchanged: pg
 * encodes it, with the same result but more slowly (docs/decisions/0002-group-commit.md).
 * Syntax: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function encodeArray(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (value.every((element) => typeof element === 'string')) {
    const json = JSON.stringify(value);
    return JSON_ONLY_ESCAPE.test(json) ? value : `{${json.slice(1, -1)}}`;
  }
  return value.every((element) => typeof element === 'bigint' || typeof element === 'number')
    ? `{${value.join(',')}}`
    : value;
}
