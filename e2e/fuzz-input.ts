import type { Random } from '#testkit/random.ts';

/** A valid id of no entity. */
export const UNKNOWN_ID = '00000000-0000-7000-8000-000000000000';

/** Invalid and unusual input, as faulty and hostile callers send it. */
export const FUZZ_NUMBERS = [
  '-1',
  '0',
  '101',
  '10001',
  '2147483648',
  '-2147483649',
  '9007199254740993',
  '1e308',
  '1e400',
  '-1e400',
  '1.5',
  '-0',
  '1e-9',
  '0.001',
];
export const FUZZ_TEXTS = [
  '\0',
  'a\0b',
  '\u001b[31m',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '\ufeff',
  '',
  ' ',
  'x'.repeat(201),
  '\r\nx-evil: 1',
  `'; DROP TABLE account; --`,
  '${7*7}',
  '%00',
  '../../etc/passwd',
  '🎈'.repeat(200),
];
export const FUZZ_VALUES: readonly unknown[] = [
  null,
  true,
  1,
  -1.5,
  '',
  'x',
  [],
  [[]],
  {},
  { a: {} },
  ...FUZZ_TEXTS,
];
export const FUZZ_CURSORS = [
  '',
  'x',
  'MTo',
  'MTp4',
  Buffer.from('3:accountsConnection:00000000:00000000-0000-7000-8000-000000000000').toString('base64url'),
  '////',
  '1:',
  '='.repeat(50),
  'A'.repeat(10_000),
  Buffer.from(`1:${'0'.repeat(36)}`).toString('base64url'),
  Buffer.from(`2:${UNKNOWN_ID}`).toString('base64url'),
  Buffer.from('1:00000000-0000-7000-8000-00000000000\0').toString('base64url'),
  // A position in a search result, which is not valid in a list ordered by id.
  Buffer.from(`2:rf1::${UNKNOWN_ID}`).toString('base64url'),
];
const SNIPPETS = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '"',
  '"""',
  '#',
  '...',
  '...a',
  '$',
  '$x',
  '@',
  '@skip',
  '!',
  ':',
  '&',
  '|',
  '=',
  '\\',
  '\\u0000',
  '\0',
  '\ufeff',
  '\n',
  'query',
  'mutation',
  'subscription',
  'fragment a on Account { id }',
  'on',
  'null',
  'true',
  '__schema',
  '__proto__',
  'constructor',
  '1e999',
  '-',
  '🎈',
  '\ud800',
];

export function mutateText(text: string, random: Random): string {
  let result = text;
  for (let count = random.whole(1, 4); count > 0; count--) {
    const at = random.whole(0, result.length);
    const end = Math.min(result.length, at + random.whole(0, 10));
    const insert = random.pick([
      random.pick(SNIPPETS),
      '',
      result.slice(at, end).repeat(random.whole(1, 50)),
    ]);
    result = result.slice(0, at) + insert + result.slice(random.chance(0.5) ? at : end);
  }
  return result;
}

export const cut = (body: Buffer, random: Random): Buffer =>
  body.subarray(0, random.whole(0, body.length - 1));

export function flipBytes(body: Buffer, random: Random): Buffer {
  for (let count = random.whole(1, 5); count > 0; count--)
    body[random.whole(0, body.length - 1)] = random.whole(0, 255);
  return body;
}

export const randomBytes = (length: number, random: Random): Buffer =>
  Buffer.from(Array.from({ length }, () => random.whole(0, 255)));

export function deep(random: Random): string {
  const levels = random.pick([17, 100, 900, 5_000, 15_000]);
  return random.pick([
    '{'.repeat(levels),
    `{ accounts ${'{ orders { account '.repeat(levels)}{ id }${' } }'.repeat(levels)} }`,
    `{ ${'... { '.repeat(levels)}__typename${' }'.repeat(levels)} }`,
    `{ accounts(id: ${'['.repeat(levels)}${']'.repeat(levels)}) { id } }`,
    `query($v: ${'['.repeat(levels)}ID${']'.repeat(levels)}) { accounts { id } }`,
    `{ accounts(pagination: ${'{ take: '.repeat(levels)}1${' }'.repeat(levels)}) { id } }`,
    `{ ${'__typename '.repeat(levels)} }`,
  ]);
}

export function nest(random: Random): string {
  const levels = random.pick([63, 64, 65, 1_000, 100_000]);
  return random.chance(0.5)
    ? `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    : `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
}

export function fuzzSearch(query: string, random: Random): string {
  const encoded = encodeURIComponent(query);
  return random.pick([
    `query=${encoded}`,
    `query=${encoded.slice(0, random.whole(0, encoded.length))}`,
    'query=%ff%fe%00',
    'query=%',
    '&&&===',
    'query=a&query=b',
    `query=${encoded}&variables=${random.pick(['{', 'null', '7', '[]', '%7B%7D', '%22', '%00'])}`,
    `query=${encoded}&operationName=${random.pick(['', 'Nope', '%00', '__proto__'])}`,
    'variables=%7B%7D',
    `query=${'%20'.repeat(2_000)}`,
  ]);
}
