import type { IncomingMessage } from 'node:http';

/** Milliseconds between two reads of the body of a refused request. */
const DROP_REST_MS = 100;

/**
 * Reads and drops the body of a refused request, so that the client gets the response. Reads slowly: at full speed, the
 * chunks take tens of megabytes until they are garbage-collected.
 */
export function dropBody(request: IncomingMessage): void {
  request.on('data', () => restAfterDrop(request));
}

/** Pauses a body after a chunk has been dropped, and then continues to read it. */
export function restAfterDrop(request: IncomingMessage): void {
  request.pause();
  setTimeout(() => request.resume(), DROP_REST_MS).unref();
}
