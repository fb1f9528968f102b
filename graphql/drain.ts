import { Server as NetServer, type Server } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Connections } from '#graphql/connections.ts';

/** The state of a stopping server that requests and the readiness check use. */
export interface StopState {
  /** True from the start of the drain: readiness fails. */
  draining: boolean;
  /** Whether responses have `Connection: close`. */
  closing: boolean;
}

/** The maximum time before the close of the listener during which connections stay open. */
const HOLD_MS_MAX = 250;
/** The time between the deadline of the last request and the end of the drain. */
const MARGIN_MS = 2_000;

/**
 * Stops a server without losing a response:
 * 1. Readiness fails and every response has `Connection: close`. Requests and connections are accepted for
 *    `drainDelayMs`, so that load balancers and clients switch to other instances.
 * 2. In the last part of that time connections stay open. Closing the listener resets connections that the operating
 *    system has accepted but the program has not, and clients without another instance would reconnect continuously.
 * 3. The listener closes. Every response has `Connection: close` again, and requests in transit are answered for
 *    `settleMs`.
 * 4. Idle connections are closed with FIN, and requests in progress are answered within their deadlines.
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
  // Accepts the connections in the backlog, in the poll phase of the event loop: closing the listener resets them.
  await nextTurn();
  const closed = closeListener(server);
  state.closing = true;
  await firstOf(closed, Math.min(settleMs, drainDelayMs));
  // After the poll phase of the event loop, all requests whose bytes have arrived have been read.
  await nextTurn();
  connections.closeIdle();
  await firstOf(closed, requestTimeoutMs + MARGIN_MS);
  server.closeAllConnections();
  // Also stops the timer that checks for headers timeouts.
  server.close();
  await closed;
}

/** Closes only the listener. `close` of node:http also destroys idle connections and the requests just received on them. */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
}

/** Waits for `done`, at most `timeoutMs`. */
async function firstOf(done: Promise<void>, timeoutMs: number): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([done, delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {})]);
  timeout.abort();
}
