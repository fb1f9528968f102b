import { connect } from 'node:net';
import { rawPost } from '#testkit/raw-client.ts';
import { adversarialTexts } from './texts.ts';
import type { Attack, KnownIds, ArgumentPosition } from './requests.ts';

const CONNECTIONS = 64;
/** Per connection. */
const REQUESTS = 6;
/** Longer than the deadline of any request. */
const TIMEOUT_MS = 30_000;
/** The time for which a connection that reads no answer stays open. */
const UNREAD_MS = 3_000;

/** The requests that use the most memory: the largest answers and the largest bodies. */
export function largestRequests(
  documents: readonly Attack[],
  positions: readonly ArgumentPosition[],
): string[] {
  const large = documents
    .filter(({ name }) => /descri|large orders|largest allowed page/.test(name))
    .map(({ body }) => body);
  const [, text = ''] = adversarialTexts(1_000_000)[0] ?? [];
  return [...large, ...positions.slice(0, 3).map((position) => position.request(text))];
}

interface Burst {
  readonly bodies: readonly string[];
  readonly connections?: number;
  readonly requests?: number;
  /** Additional header lines, each with its line end. */
  readonly headers?: string;
}

/** Bursts of concurrent requests, each of which is cheap. */
export function bursts({ Account, Category }: KnownIds): Burst[] {
  const repeat = (count: number, text: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => text(index)).join(' ');
  const documents = (count: number, query: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, index) => JSON.stringify({ query: query(index) }));
  const page = (size: number, index: number): string =>
    `{ a${index}: products(pagination: { skip: ${index % 80}, take: ${size} }) { id name description } }`;
  return [
    {
      bodies: documents(
        200,
        (index) =>
          `{ x${index}: accounts(pagination: { take: 1 }) { ${repeat(640, (field) => `a${field}: id`)} } }`,
      ),
      connections: 200,
      requests: 1,
    },
    { bodies: documents(1_000, (index) => page(20, index)), connections: 500, requests: 2 },
    {
      bodies: documents(1, () => page(98, 0)),
      connections: 40,
      requests: 1,
      headers: 'accept-encoding: zstd\r\n',
    },
    {
      bodies: documents(40, (index) => page(98, index)),
      connections: 40,
      requests: 1,
      headers: 'accept-encoding: br\r\n',
    },
    {
      bodies: documents(
        40,
        (index) => `{ x${index}: account(id: "${Account}") { orders { products { id } } } }`,
      ),
      connections: 40,
      requests: 1,
    },
    {
      bodies: documents(
        20,
        (index) =>
          `{ x${index}: category(id: "${Category}") { children(first: 35) { parent { children(first: 35) { parent { children(first: 35) { id name } } } } } } }`,
      ),
      connections: 20,
      requests: 1,
    },
    {
      bodies: documents(1, () => page(98, 0)),
      connections: 300,
      requests: 20,
      headers: `x-filler: ${'x'.repeat(15_000)}\r\n`,
    },
  ];
}

/**
 * Sends pipelined requests on many connections. Every third connection reads no answer. Resolves when all connections
 * are closed.
 */
export async function sendConcurrently(
  url: string,
  bodies: readonly string[],
  { connections = CONNECTIONS, requests = REQUESTS, headers = '' }: Partial<Burst> = {},
): Promise<void> {
  const { port } = new URL(url);
  await Promise.all(
    Array.from({ length: connections }, (_, index) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(Number(port), '127.0.0.1');
      const isReader = index % 3 !== 0;
      const timeout = setTimeout(() => socket.destroy(), isReader ? TIMEOUT_MS : UNREAD_MS);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timeout);
        resolve();
      });
      socket.on('connect', () => {
        for (let request = 0; request < requests; request++) {
          const body = bodies[(index + request) % bodies.length] ?? '';
          const isLast = request === requests - 1;
          socket.write(rawPost(body, `${headers}${isLast ? 'Connection: close\r\n' : ''}`));
        }
      });
      if (isReader) socket.resume();
      else socket.pause();
      return promise;
    }),
  );
}
