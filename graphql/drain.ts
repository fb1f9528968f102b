import { Server as NetServer, type Server } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Connections } from '#graphql/connections.ts';

/** What requests and readiness see of a stop. */
export interface StopState {
  /** True from the moment that the server is asked to stop: readiness fails. */
  draining: boolean;
  /** Whether answers say `Connection: close`. */
  closing: boolean;
}

/** Milliseconds before the close of the listener in which connections stay open. */
const HOLD_MS_MAX = 250;
/** Milliseconds by which the drain outlasts the deadline of the last request. */
const MARGIN_MS = 2_000;

/**
 * Stops a server without losing an answer:
 * 1. readiness fails and every answer says `Connection: close`; requests and connections are accepted for
 *    `drainDelayMs`, in which load balancers and clients turn to other instances;
 * 2. in the last part of that time connections stay open: closing the listener resets those that the system has taken
 *    but the program has not, and clients without another instance would be connecting all the time;
 * 3. the listener closes; every answer says `Connection: close` again, and requests that are on their way are still
 *    answered for `settleMs`;
 * 4. idle connections are closed with FIN, and requests under way are answered within their own deadline.
 */
export async function drain(
  server: HttpServer,
  connections: Connections,
  options: {
    state: StopState;
    drainDelayMs: number;
    settleMs: number;
    requestTimeoutMs: number;
  },
): Promise<void> {
  const { state, drainDelayMs, settleMs, requestTimeoutMs } = options;
  const holdMs = Math.min(HOLD_MS_MAX, drainDelayMs / 4);
  state.draining = true;
  state.closing = true;
  await delay(drainDelayMs - holdMs);
  state.closing = false;
  await delay(holdMs);
  // Connections that the system has taken meanwhile are accepted in the poll phase: closing the listener resets them.
  await nextTurn();
  const closed = closeListener(server);
  state.closing = true;
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
