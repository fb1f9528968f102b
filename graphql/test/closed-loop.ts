import assert from 'node:assert/strict';
import { RawClient } from '#testkit/raw-client.ts';

/** The number of clients. */
export const CLIENTS = 20;
/** The drain delay of a server under load. */
export const DRAIN_DELAY_MS = 1_000;
/** Milliseconds of the drain delay in which every response closes its connection: all but the last quarter. */
const CLOSING_MS = (DRAIN_DELAY_MS * 3) / 4;

/** The results of the clients of a server during its stop. */
export interface LoadResult {
  /** The errors of requests that were sent completely and got no complete response. */
  readonly lost: string[];
  answered: number;
  /** Responses without `Connection: close` from the start of the stop until the server holds connections open. */
  keptOpen: number;
  /** Connections that were opened after the start of the stop and got a response. */
  reconnected: number;
}

/** performance.now() at the start of the stop of a server; undefined before. */
export interface Stop {
  atMs: number | undefined;
}

/**
 * Runs keep-alive clients in a closed loop that honour `Connection: close`: they reconnect during the first half of the
 * drain delay, like clients that have not detected the stop yet, and then end. `answered` is called with each body.
 */
export async function load(
  url: string,
  stop: Stop,
  next: (client: number) => string,
  answered: (body: string) => void = () => {},
): Promise<LoadResult> {
  const seen: LoadResult = { lost: [], answered: 0, keptOpen: 0, reconnected: 0 };
  const one = async (index: number): Promise<void> => {
    let isNew = true;
    let client = await RawClient.connect(url);
    try {
      for (;;) {
        const stopping = stop.atMs !== undefined;
        const answer = await client.exchange(next(index));
        seen.answered += 1;
        answered(answer.body);
        if (stopping && isNew) seen.reconnected += 1;
        if (stopping && !answer.close && performance.now() < (stop.atMs ?? 0) + CLOSING_MS)
          seen.keptOpen += 1;
        isNew = answer.close;
        if (!answer.close) continue;
        client.socket.end();
        if (performance.now() > (stop.atMs ?? 0) + DRAIN_DELAY_MS / 2) return;
        client = await RawClient.connect(url);
      }
    } catch (error) {
      seen.lost.push(String(error));
    } finally {
      client.socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => one(index)));
  return seen;
}

/** The guarantee: no response is lost, and every connection gets `Connection: close` during the drain delay. */
export function assertDrained({ lost, keptOpen, reconnected, answered }: LoadResult): void {
  assert.deepEqual(lost, []);
  assert.ok(answered >= CLIENTS);
  assert.equal(keptOpen, 0, 'a response during the drain keeps its connection open');
  assert.ok(reconnected > 0, 'no client could connect during the drain');
}
