import { readFile } from 'node:fs/promises';
import { memoryShare } from '#platform/memory.ts';

/** Limits of the resources that clients can make the HTTP server hold. */
export interface HttpLimits {
  /** Concurrent requests. */
  readonly inFlightMax: number;
  /** Queued requests of one connection. A connection that pipelines more is cut. */
  readonly pipelinedMax: number;
  /** Queued requests of all connections: each holds its headers and a part of its body. */
  readonly pipelinedTotalMax: number;
  /** Bytes of the bodies of all requests in progress. */
  readonly bodyBytesMax: number;
  /** Bytes of unsent responses in this process. Above it, the longest waiting connection is cut. */
  readonly unsentBytesMax: number;
  /**
   * Milliseconds in which a client must read some bytes of its response. The operating system reports progress in steps
   * of a third of the connection's send buffer, which is small for slow networks and has at most 4 MB.
   */
  readonly writeTimeoutMs: number;
  /** Milliseconds in which the headers of a request must be complete; checked twice a second. */
  readonly headersTimeoutMs: number;
  /** Milliseconds for which an idle connection stays open. */
  readonly keepAliveTimeoutMs: number;
  /** Milliseconds for which a closing connection is read after the response, to avoid a reset that loses the response. */
  readonly lingerMs: number;
  /** Milliseconds between the close of the listener and the close of idle connections, for requests in transit. */
  readonly settleMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  inFlightMax: memoryShare(1 / 65_536, 10_000),
  pipelinedMax: 32,
  pipelinedTotalMax: memoryShare(1 / 1_048_576, 1_000),
  bodyBytesMax: memoryShare(1 / 32, 33_554_432),
  unsentBytesMax: memoryShare(1 / 10, 67_108_864),
  writeTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  lingerMs: 2_000,
  settleMs: 250,
};

/** File descriptors reserved for the database, services, files and the event loop. */
const DESCRIPTORS_RESERVED = 200;

/** Returns the setting, limited by the open files and the memory that the process may use. */
export function connectionsMaxOf(setting: number, openFilesMax: number): number {
  return Math.max(1, Math.min(memoryShare(1 / 131_072, setting), openFilesMax - DESCRIPTORS_RESERVED));
}

/** Returns the maximum number of open files of this process (RLIMIT_NOFILE); Infinity without /proc, as on macOS. */
export async function openFilesMax(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
}
