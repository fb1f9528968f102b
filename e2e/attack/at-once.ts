import { connect } from 'node:net';
import { rawPost } from '#testkit/raw-client.ts';
import { adversarialTexts } from './texts.ts';
import type { Attack, KnownIds, Place } from './requests.ts';

const CONNECTIONS = 64;
/** Requests of each connection. */
const REQUESTS = 6;
/** Longer than any request may take. */
const TIMEOUT_MS = 30_000;
/** How long a connection that reads nothing stays. */
const UNREAD_MS = 3_000;

/** Requests that take most memory: the largest answers, and the largest bodies. */
export function heaviest(documents: readonly Attack[], places: readonly Place[]): string[] {
  const large = documents
    .filter(({ name }) => /descri|heavy orders|as large as/.test(name))
    .map(({ body }) => body);
  const [, text = ''] = adversarialTexts(1_000_000)[0] ?? [];
  return [...large, ...places.slice(0, 3).map((place) => place.request(text))];
}

interface Wave {
  readonly bodies: readonly string[];
  readonly connections?: number;
  readonly requests?: number;
  /** Lines of headers beside the usual ones. */
  readonly headers?: string;
}

/** Many requests at once, of which each alone is cheap. */
export function waves({ Account, Category }: KnownIds): Wave[] {
  const repeat = (count: number, text: (nr: number) => string): string =>
    Array.from({ length: count }, (_, nr) => text(nr)).join(' ');
  const documents = (count: number, query: (nr: number) => string): string[] =>
    Array.from({ length: count }, (_, nr) => JSON.stringify({ query: query(nr) }));
  const page = (size: number, nr: number): string =>
    `{ a${nr}: products(pagination: { skip: ${nr % 80}, take: ${size} }) { id name description } }`;
  return [
    {
      bodies: documents(
        200,
        (nr) => `{ x${nr}: accounts(pagination: { take: 1 }) { ${repeat(640, (one) => `a${one}: id`)} } }`,
      ),
      connections: 200,
      requests: 1,
    },
    { bodies: documents(1_000, (nr) => page(20, nr)), connections: 500, requests: 2 },
    {
      bodies: documents(1, () => page(98, 0)),
      connections: 40,
      requests: 1,
      headers: 'accept-encoding: zstd\r\n',
    },
    {
      bodies: documents(40, (nr) => page(98, nr)),
      connections: 40,
      requests: 1,
      headers: 'accept-encoding: br\r\n',
    },
    {
      bodies: documents(40, (nr) => `{ x${nr}: account(id: "${Account}") { orders { products { id } } } }`),
      connections: 40,
      requests: 1,
    },
    {
      bodies: documents(
        20,
        (nr) =>
          `{ x${nr}: category(id: "${Category}") { children(first: 35) { parent { children(first: 35) { parent { children(first: 35) { id name } } } } } } }`,
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
 * Sends them over many connections, one request after the other without waiting for answers. Of three connections
 * one reads nothing. Resolves when all have ended or were cut.
 */
export async function attackAtOnce(
  url: string,
  bodies: readonly string[],
  { connections = CONNECTIONS, requests = REQUESTS, headers = '' }: Partial<Wave> = {},
): Promise<void> {
  const { port } = new URL(url);
  await Promise.all(
    Array.from({ length: connections }, (_, nr) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(Number(port), '127.0.0.1');
      const isReader = nr % 3 !== 0;
      const late = setTimeout(() => socket.destroy(), isReader ? TIMEOUT_MS : UNREAD_MS);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(late);
        resolve();
      });
      socket.on('connect', () => {
        for (let request = 0; request < requests; request++) {
          const body = bodies[(nr + request) % bodies.length] ?? '';
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
