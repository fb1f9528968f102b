import { readFile } from 'node:fs/promises';
import { memoryShare } from '#platform/memory.ts';

/** Bounds of what callers can make the HTTP server hold. */
export interface HttpLimits {
  /** Requests under way at once. */
  readonly inFlightMax: number;
  /** Requests that may wait behind another on one connection; a caller that pipelines more is cut. */
  readonly pipelinedMax: number;
  /** Requests that may wait on all connections together: each holds its headers and a part of its body. */
  readonly pipelinedTotalMax: number;
  /** Bytes of the bodies of all requests under way. */
  readonly bodyBytesMax: number;
  /** Bytes of answers that wait in this process for their readers; above it, the reader that has waited longest is cut. */
  readonly unsentBytesMax: number;
  /**
   * Milliseconds in which a reader must take some bytes of its answer. The system reports progress in steps of a third of
   * the connection's send buffer, which is small for slow networks and has 4 MB at most.
   */
  readonly writeTimeoutMs: number;
  /** Milliseconds in which the headers of a request must be complete; checked twice a second. */
  readonly headersTimeoutMs: number;
  /** Milliseconds that an idle connection stays open for the next request. */
  readonly keepAliveTimeoutMs: number;
  /** Milliseconds that a closing connection is read after the answer, so that the caller gets it without a reset. */
  readonly lingerMs: number;
  /** Milliseconds between the close of the listener and that of idle connections, for requests on their way. */
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

/** File descriptors that stay for the database, services, files and the event loop. */
const DESCRIPTORS_RESERVED = 200;

/** As many connections as the setting says, as far as the process may open files and has memory for their headers. */
export function connectionsMaxOf(setting: number, openFilesMax: number): number {
  return Math.max(1, Math.min(memoryShare(1 / 131_072, setting), openFilesMax - DESCRIPTORS_RESERVED));
}

/** How many files this process may open (RLIMIT_NOFILE); Infinity where the system does not say, as macOS. */
export async function openFilesMax(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
}
