import type { ExpectedQuery, ExpectedValue } from '#catalog/cmd/search-report/read-queries.ts';
import { StartError } from '#platform/errors.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** A query and the ids of its expected products, any of which is right. */
export interface JudgedQuery {
  readonly text: string;
  readonly expectedIds: ReadonlySet<string>;
}

const SEPARATOR = '|';
/** Missing products are listed up to this number. */
const LISTED_MAX = 10;
const FIND: Statement = {
  name: 'find_expected_products',
  text: `
    SELECT id, name FROM product WHERE archived_at IS NULL AND (id::text = ANY($1::text[]) OR name = ANY($1::text[]))`,
};

/** Finds the expected products. Throws StartError that lists those that are not on sale, with their lines. */
export async function findExpected(
  database: Database,
  queries: readonly ExpectedQuery[],
  signal: AbortSignal,
): Promise<JudgedQuery[]> {
  const values = queries.flatMap(({ expected }) =>
    expected.flatMap(({ value }) => [value, ...partsOf(value)]),
  );
  const rows = await database.query<{ id: string; name: string }>(
    FIND,
    [[...new Set(values.flatMap((value) => [value, value.toLowerCase()]))]],
    signal,
  );
  const idsOf = new Map<string, string[]>();
  for (const { id, name } of rows)
    for (const key of [id, name]) idsOf.set(key, [...(idsOf.get(key) ?? []), id]);
  const idsOfValue = (value: string): string[] => idsOf.get(value) ?? idsOf.get(value.toLowerCase()) ?? [];

  const missing: string[] = [];
  /** A name can contain the separator. */
  const idsOfExpected = ({ value, line }: ExpectedValue): string[] => {
    const whole = idsOfValue(value);
    if (whole.length > 0) return whole;
    return partsOf(value).flatMap((part) => {
      const ids = idsOfValue(part);
      if (ids.length === 0)
        missing.push(`line ${line}: no product on sale has the id or the exact name "${part}"`);
      return ids;
    });
  };
  const judged = queries.map(({ text, expected }) => ({
    text,
    expectedIds: new Set(expected.flatMap(idsOfExpected)),
  }));
  if (missing.length > LISTED_MAX)
    missing.splice(LISTED_MAX, Infinity, `and ${missing.length - LISTED_MAX} more`);
  if (missing.length > 0)
    throw new StartError(
      `expected products are missing: correct the file, or remove the lines.\n${missing.join('\n')}`,
    );
  return judged;
}

function partsOf(value: string): string[] {
  return value
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
