import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { messageOf } from '#platform/errors.ts';

/** The maximum size of the log. One older copy is kept: 16 MiB on disk, plus what is written between two checks. */
const SIZE_MAX_BYTES = 8 * 1024 * 1024;
const CHECK_INTERVAL_MS = 10_000;
/** How much of the end of the log is read for an error message. */
const TAIL_BYTES = 16 * 1024;

/** The size-limited file that receives the server's stderr. */
export interface ServerLog extends Disposable {
  readonly path: string;
  sizeBytes(): number;
  /** The text written after `fromBytes`, at most its last 16 KiB. */
  textAfter(fromBytes: number): string;
}

/** `log` receives a line if the size cannot be limited, for example on a full disk. */
export function openServerLog(path: string, log: (line: string) => void): ServerLog {
  closeSync(openSync(path, 'a', 0o600));
  const sizeBytes = (): number => (existsSync(path) ? statSync(path).size : 0);
  const limit = (): void => {
    try {
      if (sizeBytes() <= SIZE_MAX_BYTES) return;
      copyFileSync(path, `${path}.1`);
      // The server writes in append mode and continues at the new end.
      truncateSync(path);
    } catch (error) {
      log(`cannot shorten ${path}: ${messageOf(error)}`);
    }
  };
  limit();
  const timer = setInterval(limit, CHECK_INTERVAL_MS).unref();
  return {
    path,
    sizeBytes,
    textAfter: (fromBytes) => readTail(path, fromBytes),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function readTail(path: string, fromBytes: number): string {
  const descriptor = openSync(path, 'r');
  try {
    const size = statSync(path).size;
    const start = Math.max(fromBytes <= size ? fromBytes : 0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const read = readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}

/** The last FATAL, PANIC or error message in the output of PostgreSQL's programs, otherwise the last line. */
export function lastErrorOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const fatal =
    lines.findLast((line) => /(?:FATAL|PANIC|initdb: error): /.test(line)) ?? lines.at(-1) ?? 'no message';
  return fatal.replace(/^.*?(FATAL|PANIC): +/, '$1: ').trim();
}
