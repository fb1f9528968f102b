import type { IncomingMessage } from 'node:http';

/** Milliseconds between two reads of a body that was refused. */
const DROP_REST_MS = 100;

/**
 * Reads and drops the body of a request that is refused, so that its caller gets the answer. Slowly: what is read at full
 * speed takes tens of megabytes until it is collected.
 */
export function dropBody(request: IncomingMessage): void {
  request.on('data', () => restAfterDrop(request));
}

/** Reads the rest of a body later, after a piece of it has been dropped. */
export function restAfterDrop(request: IncomingMessage): void {
  request.pause();
  setTimeout(() => request.resume(), DROP_REST_MS).unref();
}
