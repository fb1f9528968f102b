import { connect } from 'node:net';
import { adversarialTexts } from './texts.ts';
import type { Attack, Place } from './requests.ts';

const CONNECTIONS = 64;
/** Requests of each connection. */
const REQUESTS = 6;
/** Longer than any request may take. */
const TIMEOUT_MS = 30_000;

/** Requests that take most memory: the largest answers, and the largest bodies. */
export function heaviest(documents: readonly Attack[], places: readonly Place[]): string[] {
  const large = documents
    .filter(({ name }) => /descri|heavy orders|as large as/.test(name))
    .map(({ body }) => body);
  const [, text = ''] = adversarialTexts(1_000_000)[0] ?? [];
  return [...large, ...places.slice(0, 3).map((place) => place.request(text))];
}

/**
 * Sends them over many connections, one request after the other without waiting for answers. Of three connections
 * one reads nothing. Resolves when all have ended or were cut.
 */
export async function attackAtOnce(url: string, bodies: readonly string[]): Promise<void> {
  const { port } = new URL(url);
  await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, nr) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(Number(port), '127.0.0.1');
      const isReader = nr % 3 !== 0;
      const late = setTimeout(() => socket.destroy(), isReader ? TIMEOUT_MS : TIMEOUT_MS / 3);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(late);
        resolve();
      });
      socket.on('connect', () => {
        for (let request = 0; request < REQUESTS; request++) {
          const body = bodies[(nr + request) % bodies.length] ?? '';
          const last = request === REQUESTS - 1 ? 'connection: close\r\n' : '';
          socket.write(
            `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${last}` +
              `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
          );
        }
      });
      if (isReader) socket.resume();
      else socket.pause();
      return promise;
    }),
  );
}
