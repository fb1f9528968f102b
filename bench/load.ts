import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

/**
 * A closed-loop HTTP/1.1 load generator that costs little per request, so that the server is what is measured: each
 * connection sends prepared bytes, waits for the whole answer and sends the next.
 * Usage: node bench/load.ts <port> <connections> <seconds> <file with a JSON array of request bodies> [path]
 * Prints one line of JSON: a Result.
 */
export interface Result {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Answers whose status was not 200 or whose body had errors. */
  readonly failures: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const [port = '', connections = '', seconds = '', file = '', path = '/graphql'] = process.argv.slice(2);
const bodies = JSON.parse(await readFile(file, 'utf8')) as string[];
const requests = bodies.map((body) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  ),
);
const HEAD_END = Buffer.from('\r\n\r\n');
const ERRORS = Buffer.from('"errors"');
const OK = Buffer.from('HTTP/1.1 200');

const latencies: number[] = [];
let failures = 0;
let next = 0;
let stopping = false;

function drive(socket: Socket, done: () => void): void {
  let sentAt = 0;
  let received: Buffer[] = [];
  let size = 0;
  let wanted = -1;

  const send = (): void => {
    sentAt = performance.now();
    next = (next + 1) % requests.length;
    socket.write(requests[next] ?? '');
  };
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    size += chunk.length;
    if (wanted < 0) {
      const head = received.length === 1 ? chunk : Buffer.concat(received);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(head.toString('latin1', 0, end));
      wanted = end + 4 + Number(length?.[1]);
    }
    if (size < wanted) return;
    const answer = received.length === 1 ? chunk : Buffer.concat(received);
    if (!answer.subarray(0, OK.length).equals(OK) || answer.includes(ERRORS)) failures += 1;
    latencies.push(performance.now() - sentAt);
    received = [];
    size = 0;
    wanted = -1;
    if (stopping) socket.end();
    else send();
  });
  socket.on('close', done);
  socket.on('error', (error) => {
    throw error;
  });
  send();
}

const startedAt = performance.now();
setTimeout(
  () => {
    stopping = true;
  },
  Number(seconds) * 1_000,
);
await Promise.all(
  Array.from({ length: Number(connections) }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(Number(port), '127.0.0.1', () => drive(socket, resolve));
    socket.setNoDelay(true);
    return promise;
  }),
);
const elapsed = (performance.now() - startedAt) / 1_000;
latencies.sort((a, b) => a - b);
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
const result: Result = {
  requestsPerSecond: latencies.length / elapsed,
  requests: latencies.length,
  failures,
  p50: at(0.5),
  p95: at(0.95),
  p99: at(0.99),
};
console.log(JSON.stringify(result));
