import {
  cut,
  deep,
  flipBytes,
  mutateText,
  nest,
  fuzzSearch,
  FUZZ_CURSORS,
  UNKNOWN_ID,
  FUZZ_NUMBERS,
  FUZZ_TEXTS,
  FUZZ_VALUES,
  randomBytes,
} from './fuzz-input.ts';
import type { Random } from '#testkit/random.ts';
import type { RandomDocument } from './random-document.ts';

/** A request as a faulty or hostile caller might send it. */
export interface RandomRequest {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const MEBI = 2 ** 20;

/** The kinds of requests, each with its weight. */
const KINDS: readonly (readonly [
  string,
  number,
  (random: Random, document: RandomDocument) => Partial<RandomRequest>,
])[] = [
  [
    'mutated document',
    30,
    (random, { query, variables }) => post({ query: mutateText(query, random), variables }),
  ],
  [
    'mutated body',
    10,
    (random, document) => ({ body: Buffer.from(mutateText(JSON.stringify(document), random)) }),
  ],
  ['truncated body', 8, (random, document) => ({ body: cut(Buffer.from(JSON.stringify(document)), random) })],
  [
    'flipped bytes',
    10,
    (random, document) => ({ body: flipBytes(Buffer.from(JSON.stringify(document)), random) }),
  ],
  ['random bytes', 3, (random) => ({ body: randomBytes(random.whole(0, 500), random) })],
  [
    'wrong types',
    8,
    (random, { query }) =>
      post({
        query,
        [random.pick(['query', 'variables', 'operationName', 'extensions'])]: random.pick(FUZZ_VALUES),
      }),
  ],
  ['body that is not an object', 3, (random) => post(random.pick(FUZZ_VALUES))],
  [
    'wrong variables',
    12,
    (random, { query, variables }) => post({ query, variables: changeOne(variables, random) }),
  ],
  ['boundary numbers', 12, fuzzNumber],
  ['unusual texts', 12, (random) => fuzzText(random.pick(FUZZ_TEXTS), random)],
  [
    'invalid ids',
    6,
    (random) =>
      post({
        query:
          'query($id: ID!) { account(id: $id) { id } product(id: $id) { id } order(id: $id) { id } accounts(id: $id) { id } }',
        variables: {
          id: random.pick([
            ...FUZZ_TEXTS,
            7,
            -1,
            1.5,
            'ffffffff-ffff-ffff-ffff-ffffffffffff',
            'FFFFFFFF-FFFF-7FFF-8FFF-FFFFFFFFFFFF',
          ]),
        },
      }),
  ],
  [
    'bad cursors',
    6,
    (random) =>
      post({
        query: `query($c: Cursor) { ${random.pick(['accountsConnection', 'productsConnection'])}(${random.pick(['after', 'before'])}: $c) { nodes { id } } }`,
        variables: { c: random.pick([...FUZZ_CURSORS, 7, {}, [], true]) },
      }),
  ],
  ['deep document', 4, (random) => post({ query: deep(random) })],
  [
    'deep body',
    3,
    (random) => ({ body: Buffer.from(`{"query":"{ __typename }","variables":${nest(random)}}`) }),
  ],
  [
    'wrong content type',
    4,
    (random, document) => ({
      ...post(document),
      headers: {
        'content-type': random.pick([
          'text/plain',
          'application/xml',
          '',
          ';',
          'application/json; charset=latin1',
          'multipart/form-data',
          'a/b/c',
        ]),
      },
    }),
  ],
  [
    'invalid headers',
    8,
    (random, document) => ({
      ...post(document),
      headers: {
        ...JSON_HEADERS,
        [random.pick([
          'x-request-id',
          'traceparent',
          'tracestate',
          'accept',
          'accept-encoding',
          'grpc-timeout',
          'origin',
          'cookie',
        ])]: random.pick([
          '\u00ff',
          '00-zz-zz-zz',
          `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
          '%0d%0ax: y',
          '*/*;q=abc',
          ',,,;;;',
          'x'.repeat(4_000),
          '',
          '<script>',
          'text/htm',
          '1H',
        ]),
      },
    }),
  ],
  [
    'unsupported method',
    3,
    (random) => ({ method: random.pick(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) }),
  ],
  [
    'unknown path',
    3,
    (random) => ({
      path: random.pick([
        '/graphql/',
        '//graphql',
        '/graphql/../healthz',
        '/%00',
        '/graphql%00',
        '/metrics/..',
        '/GRAPHQL',
        '/__proto__',
        `/${'a'.repeat(5_000)}`,
      ]),
    }),
  ],
  [
    'invalid query string',
    10,
    (random, { query }) => ({
      method: 'GET',
      body: Buffer.alloc(0),
      path: `/graphql?${fuzzSearch(query, random)}`,
    }),
  ],
];

const TOTAL = KINDS.reduce((sum, [, weight]) => sum + weight, 0);

export function randomRequest(document: RandomDocument, random: Random): RandomRequest {
  let at = random.next() * TOTAL;
  const [kind, , make] = KINDS.find(([, weight]) => (at -= weight) < 0) ?? KINDS[0] ?? [];
  const request = make?.(random, document);
  return {
    kind: kind ?? '',
    method: 'POST',
    path: '/graphql',
    headers: JSON_HEADERS,
    body: Buffer.alloc(0),
    ...request,
  };
}

/** Requests with bodies of about 1 MiB: few, because they are slow. */
export function hugeRequests(): RandomRequest[] {
  const long = 'x'.repeat(MEBI - 500);
  const create = 'mutation($t: String!) { createAccount(account: { name: $t }) { id } }';
  const bodies = [
    { query: create, variables: { t: long } },
    { query: create, variables: { t: '🎈'.repeat(MEBI / 4 - 200) } },
    { query: `{ products(query: "${long.slice(100)}") { id } }` },
    { query: 'query($t: String) { products(query: $t) { id } }', variables: { t: long } },
    { query: '{ __typename }', operationName: long },
    { query: 'query($t: Money!) { __typename }', variables: { t: '9'.repeat(MEBI - 500) } },
    { query: '{ __typename }', variables: { t: Array.from({ length: 100_000 }, () => 0) } },
    {
      query: '{ __typename }',
      variables: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`v${index}`, 0])),
    },
    { query: create, variables: { t: 'x'.repeat(2 * MEBI) } },
  ];
  return bodies.map((body) => ({
    kind: 'huge',
    method: 'POST',
    path: '/graphql',
    headers: JSON_HEADERS,
    body: Buffer.from(JSON.stringify(body)),
  }));
}

/** Malformed requests that no HTTP client sends. */
export const RAW_REQUESTS: readonly string[] = [
  'GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\nx-request-id: a\r\n b\r\nConnection: close\r\n\r\n',
  'GET /graphql?query={__typename} HTTP/1.1\r\nHost: x\r\nx-request-id: a\rb\r\nConnection: close\r\n\r\n',
  'GET /graphql?query={__typename}\r\nx-evil: 1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /graphql HTTP/9.9\r\n\r\n',
  'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n',
  'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST http://other.example/graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  `GET /graphql HTTP/1.1\r\nHost: x\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`,
  'GET /\0graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  '\0\0\0\0\r\n\r\n',
];

const post = (body: unknown): Partial<RandomRequest> => ({ body: Buffer.from(JSON.stringify(body)) });

function changeOne(variables: Record<string, unknown>, random: Random): Record<string, unknown> {
  const names = Object.keys(variables);
  return { ...variables, [names.length > 0 ? random.pick(names) : 'v0']: random.pick(FUZZ_VALUES) };
}

/** Inserts the number as text into a literal or a variable, because JavaScript cannot represent some of them. */
function fuzzNumber(random: Random): Partial<RandomRequest> {
  const number = random.pick(FUZZ_NUMBERS);
  const id = UNKNOWN_ID;
  const [type, use] = random.pick([
    ['Int!', 'query { accounts(pagination: { take: $n }) { id } }'],
    ['Int!', 'query { products(pagination: { skip: $n }, query: "phone") { id } }'],
    ['Int', 'query { productsConnection(first: $n) { nodes { id } } }'],
    [
      'Int',
      'query { accountsConnection(last: $n) { nodes { ordersConnection(first: $n) { nodes { id } } } } }',
    ],
    ['Money!', 'mutation { createProduct(product: { name: "x", price: $n }) { id } }'],
    [
      'Int!',
      `mutation { updateProduct(input: { id: "${id}", expectedVersion: $n }) { userErrors { field } } }`,
    ],
    [
      'Int!',
      `mutation { createOrder(order: { accountId: "${id}", products: [{ productId: "${id}", quantity: $n }] }) { id } }`,
    ],
  ] as const);
  const query = random.chance(0.5) ? use.replaceAll('$n', number) : use.replace(' ', `($n: ${type}) `);
  return { body: Buffer.from(`{"query":${JSON.stringify(query)},"variables":{"n":${number}}}`) };
}

function fuzzText(text: string, random: Random): Partial<RandomRequest> {
  const use = random.pick([
    'mutation($t: String!) { createAccount(account: { name: $t }) { id } }',
    'mutation($t: String!) { createProduct(product: { name: "x", description: $t, price: 1 }) { id } }',
    'query($t: String!) { products(query: $t) { id } }',
  ]);
  if (random.chance(0.5)) return post({ query: use, variables: { t: text } });
  return post({ query: use.replace('($t: String!)', '').replace('$t', JSON.stringify(text)) });
}
