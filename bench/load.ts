import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

/**
 * A closed-loop HTTP/1.1 load generator with a low cost per request, so that the server is the bottleneck. Each
 * connection sends prepared bytes, waits for the complete response and sends the next request.
 * Usage: node bench/load.ts <port> <connections> <seconds> <file with a JSON array of request bodies> [path] [header line]
 * Prints one line of JSON: a Result.
 */
export interface Result {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Responses with a status other than 200 or with GraphQL errors. */
  readonly failures: number;
  /** Latency percentiles in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const [port = '', connections = '', seconds = '', file = '', path = '/graphql', header = ''] =
  process.argv.slice(2);
const bodies = JSON.parse(await readFile(file, 'utf8')) as string[];
const requests = bodies.map((body) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${header && `${header}\r\n`}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
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
  let expected = -1;

  const send = (): void => {
    sentAt = performance.now();
    next = (next + 1) % requests.length;
    socket.write(requests[next] ?? '');
  };
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    size += chunk.length;
    if (expected < 0) {
      const head = received.length === 1 ? chunk : Buffer.concat(received);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(head.toString('latin1', 0, end));
      expected = end + 4 + Number(length?.[1]);
    }
    if (size < expected) return;
    const answer = received.length === 1 ? chunk : Buffer.concat(received);
    if (!answer.subarray(0, OK.length).equals(OK) || answer.includes(ERRORS)) failures += 1;
    latencies.push(performance.now() - sentAt);
    received = [];
    size = 0;
    expected = -1;
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
const percentile = (fraction: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * fraction))] ?? 0;
const result: Result = {
  requestsPerSecond: latencies.length / elapsed,
  requests: latencies.length,
  failures,
  p50: percentile(0.5),
  p95: percentile(0.95),
  p99: percentile(0.99),
};
console.log(JSON.stringify(result));
