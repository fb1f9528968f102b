import { eastAsianWidth } from 'get-east-asian-width';
import { RANK_MAX, type Answer, type JudgedResult } from '#catalog/cmd/search-report/judge-queries.ts';

/** The report as text: the answers of the backends to a query are on adjacent lines. */

/** Longer texts are truncated in the table. */
const QUERY_WIDTH_MAX = 28;
const NAME_WIDTH_MAX = 36;
const NUMERIC = new Set(['rank', 'RR', 'queries', 'MRR']);

export function reportTable(results: readonly JudgedResult[]): string {
  const rows = results.flatMap(({ query, answers }) =>
    answers.map((answer, index) => [
      index === 0 ? clip(query, QUERY_WIDTH_MAX) : '',
      answer.backend,
      rankOf(answer),
      answer.reciprocalRank.toFixed(2),
      clip(answer.firstHit ?? '-', NAME_WIDTH_MAX),
      matchedOf(answer),
    ]),
  );
  return table(['query', 'backend', 'rank', 'RR', 'first hit', 'matched'], rows);
}

/** A line for each backend, and the queries that the backends answer differently. */
export function summary(results: readonly JudgedResult[]): string {
  const backends = results[0]?.answers.map(({ backend }) => backend) ?? [];
  const rows = backends.map((backend, index) => {
    const answers = results.flatMap(({ answers }) => answers[index] ?? []);
    const right = answers.filter(({ rank }) => rank === 1).length;
    const sum = answers.reduce((total, { reciprocalRank }) => total + reciprocalRank, 0);
    const share = `${right} (${((100 * right) / answers.length).toFixed(1)} %)`;
    return [backend, String(answers.length), share, (sum / answers.length).toFixed(3)];
  });
  const lines = [table(['backend', 'queries', 'first hit right', 'MRR'], rows)];
  lines.push(`MRR: mean of the reciprocal ranks (RR). A product after the first ${RANK_MAX} hits has RR 0.`);
  if (backends.length > 1) lines.push(...differences(results));
  return lines.join('\n');
}

function differences(results: readonly JudgedResult[]): string[] {
  const different = results.filter(({ answers: [first, ...others] }) =>
    others.some((other) => other.rank !== first?.rank || other.firstHit !== first.firstHit),
  );
  return [
    `${different.length} of ${results.length} queries differ between the backends in rank or first hit.`,
    ...different.map(({ query, answers }) => {
      const each = answers.map((answer) => `${answer.backend} ${rankOf(answer)}, ${answer.firstHit ?? '-'}`);
      return `  ${oneLine(query)}: ${each.join('; ')}`;
    }),
  ];
}

/** One row for each query and backend. */
export function reportCsv(results: readonly JudgedResult[]): string {
  const rows = results.flatMap(({ query, answers }) =>
    answers.map((answer) => [
      query,
      answer.backend,
      answer.rank ?? '',
      answer.reciprocalRank.toFixed(4),
      answer.firstHit ?? '',
      answer.matched ?? 'none',
      answer.corrected ?? '',
    ]),
  );
  return [['query', 'backend', 'rank', 'reciprocal_rank', 'first_hit', 'matched', 'corrected'], ...rows]
    .map((row) => row.map((value) => quote(String(value))).join(','))
    .join('\n');
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function rankOf({ rank }: Answer): string {
  return rank === null ? '-' : String(rank);
}

function matchedOf({ matched, corrected }: Answer): string {
  if (matched === null) return 'none';
  return corrected === null ? matched : `${matched}: ${oneLine(corrected)}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map((text) => widthOf(text))),
  );
  const lineOf = (row: readonly string[]): string =>
    row
      .map((text, column) => {
        const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(text)));
        return NUMERIC.has(header[column] ?? '') ? padding + text : text + padding;
      })
      .join('  ')
      .trimEnd();
  return [header, ...rows].map(lineOf).join('\n');
}

/** The number of terminal columns. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text)
    if (!/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(letter)) width += eastAsianWidth(letter.codePointAt(0) ?? 0);
  return width;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function clip(text: string, widthMax: number): string {
  const line = oneLine(text);
  if (widthOf(line) <= widthMax) return line;
  let clipped = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    if (widthOf(clipped + segment) >= widthMax) break;
    clipped += segment;
  }
  return `${clipped}…`;
}
