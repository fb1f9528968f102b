import { readFile } from 'node:fs/promises';
import { CsvError, parse, type Info } from 'csv-parse/sync';
import { QUERY_LENGTH_MAX } from '#catalog/product/product.ts';
import { messageOf, StartError } from '#platform/errors.ts';

/** A query and the values that name its expected products. */
export interface ExpectedQuery {
  readonly text: string;
  readonly expected: readonly ExpectedValue[];
}

/** An id, a name, or several of them separated by `|`. */
export interface ExpectedValue {
  readonly value: string;
  /** The line of the file. */
  readonly line: number;
}

const HEADER = 'query,expected';
/** Each query is one search per backend. */
const ROWS_MAX = 10_000;
const EXAMPLE = `The first line must be ${HEADER}; each other line has a query and the id or the exact name of an expected product.`;

interface Row {
  readonly info: Info;
  readonly record: Readonly<Record<string, string>>;
}

/** Reads a CSV file (RFC 4180) with the columns query and expected. Throws StartError that names the line. */
export async function readQueries(file: string): Promise<ExpectedQuery[]> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new StartError(`FILE=${file} cannot be read: ${messageOf(error)}. ${EXAMPLE}`);
  });
  const rows = parseRows(file, content);
  if (rows.length === 0) throw new StartError(`FILE=${file} has no query. ${EXAMPLE}`);
  if (rows.length > ROWS_MAX)
    throw new StartError(
      `FILE=${file} has ${rows.length} rows, but at most ${ROWS_MAX} are allowed: split it.`,
    );
  const queries = new Map<string, ExpectedValue[]>();
  for (const { info, record } of rows) {
    const [text, value] = [record['query']?.trim() ?? '', record['expected']?.trim() ?? ''];
    const problem = problemOf(text, value);
    if (problem) throw new StartError(`FILE=${file}, line ${info.lines}: ${problem}.`);
    queries.set(text, [...(queries.get(text) ?? []), { value, line: info.lines }]);
  }
  return Array.from(queries, ([text, expected]) => ({ text, expected }));
}

function parseRows(file: string, content: string): Row[] {
  try {
    return parse(content, {
      bom: true,
      columns: requireHeader,
      info: true,
      skip_empty_lines: true,
    }) as unknown as Row[];
  } catch (error) {
    if (error instanceof CsvError || error instanceof StartError)
      throw new StartError(`FILE=${file} is not valid CSV: ${error.message}. ${EXAMPLE}`);
    throw error;
  }
}

function requireHeader(header: readonly string[]): string[] {
  const columns = header.map((column) => column.trim().toLowerCase());
  for (const column of HEADER.split(','))
    if (!columns.includes(column)) throw new StartError(`its header has no column ${column}`);
  return columns;
}

function problemOf(text: string, value: string): string | undefined {
  if (text === '') return 'the query is empty';
  if (Array.from(text).length > QUERY_LENGTH_MAX)
    return `the query has more than ${QUERY_LENGTH_MAX} characters`;
  return value === '' ? 'the expected product is empty' : undefined;
}
