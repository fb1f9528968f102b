import { Server as NetServer, type Server } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Connections } from '#graphql/connections.ts';

/** Milliseconds by which the drain outlasts the deadline of the last request. */
const MARGIN_MS = 2_000;

/**
 * Stops a server without losing an answer:
 * 1. readiness fails and every answer says `Connection: close`; requests and connections are accepted for
 *    `drainDelayMs`, in which load balancers and clients turn to other instances;
 * 2. the listener closes; requests that are on their way are still answered for `settleMs`;
 * 3. idle connections are closed with FIN, and requests under way are answered within their own deadline.
 */
export async function drain(
  server: HttpServer,
  connections: Connections,
  options: {
    state: { draining: boolean };
    drainDelayMs: number;
    settleMs: number;
    requestTimeoutMs: number;
  },
): Promise<void> {
  const { state, drainDelayMs, settleMs, requestTimeoutMs } = options;
  state.draining = true;
  await delay(drainDelayMs);
  // Connections that the system has taken meanwhile are accepted in the poll phase: closing the listener resets them.
  await nextTurn();
  const closed = closeListener(server);
  await firstOf(closed, Math.min(settleMs, drainDelayMs));
  // After the poll phase of the event loop: requests whose bytes have arrived have been read.
  await nextTurn();
  connections.closeIdle();
  await firstOf(closed, requestTimeoutMs + MARGIN_MS);
  server.closeAllConnections();
  // Ends also the timer that checks headers.
  server.close();
  await closed;
}

/** Not the close of node:http, which also destroys idle connections, with the requests that have just arrived on them. */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
}

/** Waits for `done`, but no longer than `timeoutMs`. */
async function firstOf(done: Promise<void>, timeoutMs: number): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([done, delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {})]);
  timeout.abort();
}
