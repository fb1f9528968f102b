/** Texts that are known to cause quadratic time or excessive memory use. */

/** In UTF-16 code units: the limits of texts in the API, and about the size of the largest body (1 MiB). */
export const LENGTHS = [1_000, 10_000, 1_000_000] as const;
/** The JSON size of a text for which the body stays below 1 MiB. */
const JSON_BYTES_MAX = 1_040_000;

const REPEATED_UNITS: Readonly<Record<string, string>> = {
  zeros: '0',
  nines: '9',
  spaces: ' ',
  'tabs and line breaks': '\t\r\n',
  letters: 'a',
  'one-letter words': 'a ',
  'words that differ by a letter': 'abcdefghij abcdefghik ',
  hyphens: '-',
  dots: '.',
  quotes: '"',
  backslashes: '\\',
  brackets: '([{',
  wildcards: '%_*?',
  'operators of search engines': '+a -b | (c & d) ! <-> ~ ',
  percent: '%25',
  'NUL bytes': '\0',
  'lone surrogates': '\ud800',
  emoji: '👩‍👩‍👧‍👦',
  'combining marks': 'e\u0301\u0302\u0303',
  'a ligature of 18 letters': '\ufdfa',
  'letters that lower-casing lengthens': 'İ',
  'zero-width joiners': '\u200d\u200b',
  'right to left': '\u202e\u05d0',
  ideographs: '汉字',
  ids: '018f0000-0000-7000-8000-000000000000',
  base64: 'MTowMThm',
  names: '__proto__',
  'letters before an exclamation mark': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
};

/** Texts of about `length` UTF-16 code units, by name. */
export function adversarialTexts(length: number): [name: string, text: string][] {
  const repeated = Object.entries(REPEATED_UNITS).map(([name, unit]): [string, string] => [
    `${length} of ${name}`,
    truncate(unit.repeat(Math.ceil(length / unit.length)).slice(0, length)),
  ]);
  return [
    ...repeated,
    [`a decimal with ${length} zeros before its last digit`, `0.${'0'.repeat(length)}1`],
    [`a decimal with ${length} zeros at its end`, `1.5${'0'.repeat(length)}x`],
    [`${length} spaces between two words`, `a${' '.repeat(length)}b`],
  ];
}

/** Truncates a text to what fits into a body. */
function truncate(text: string): string {
  const bytes = Buffer.byteLength(JSON.stringify(text));
  return bytes <= JSON_BYTES_MAX ? text : text.slice(0, Math.floor((text.length * JSON_BYTES_MAX) / bytes));
}
