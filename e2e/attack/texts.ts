/** Adversarial texts: what has cost programs quadratic time, or more memory than it has characters. */

/** UTF-16 units: the bounds of the API's texts, and more than a body of 1 MiB has room for. */
export const LENGTHS = [1_000, 10_000, 1_000_000] as const;
/** Bytes that a text may take as JSON, so that the request is read at all. */
const JSON_BYTES_MAX = 1_040_000;

const MADE_OF: Readonly<Record<string, string>> = {
  zeros: '0',
  nines: '9',
  spaces: ' ',
  'tabs and line ends': '\t\r\n',
  letters: 'a',
  'one-letter words': 'a ',
  'words that differ by a letter': 'abcdefghij abcdefghik ',
  signs: '-',
  dots: '.',
  quotes: '"',
  backslashes: '\\',
  brackets: '([{',
  wildcards: '%_*?',
  'operators of search engines': '+a -b | (c & d) ! <-> ~ ',
  percent: '%25',
  'NUL bytes': '\0',
  'half surrogates': '\ud800',
  emoji: '👩‍👩‍👧‍👦',
  'combining marks': 'e\u0301\u0302\u0303',
  'a ligature of 18 letters': '\ufdfa',
  'letters that grow in lower case': 'İ',
  'zero-width joiners': '\u200d\u200b',
  'right to left': '\u202e\u05d0',
  ideographs: '汉字',
  ids: '018f0000-0000-7000-8000-000000000000',
  base64: 'MTowMThm',
  names: '__proto__',
  regular: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
};

/** Texts of about `length` units, by name. */
export function adversarialTexts(length: number): [name: string, text: string][] {
  const repeated = Object.entries(MADE_OF).map(([name, unit]): [string, string] => [
    `${length} of ${name}`,
    fitting(unit.repeat(Math.ceil(length / unit.length)).slice(0, length)),
  ]);
  return [
    ...repeated,
    [`a decimal with ${length} zeros before its last digit`, `0.${'0'.repeat(length)}1`],
    [`a decimal with ${length} zeros at its end`, `1.5${'0'.repeat(length)}x`],
    [`${length} spaces between two words`, `a${' '.repeat(length)}b`],
  ];
}

/** The text, or as much of it as a body has room for. */
function fitting(text: string): string {
  const bytes = Buffer.byteLength(JSON.stringify(text));
  return bytes <= JSON_BYTES_MAX ? text : text.slice(0, Math.floor((text.length * JSON_BYTES_MAX) / bytes));
}
