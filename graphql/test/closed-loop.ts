import assert from 'node:assert/strict';
import { RawClient } from '#testkit/raw-client.ts';

/** Clients of a load. */
export const CLIENTS = 20;
/** Milliseconds that a server under such a load is given as its drain delay. */
export const DRAIN_DELAY_MS = 1_000;

/** What the clients of a server saw while it was stopped. */
export interface Seen {
  /** Requests that were sent completely and got no whole answer, by why. */
  readonly lost: string[];
  answered: number;
  /** Answers to requests that were sent after the stop began, without `Connection: close`. */
  keptOpen: number;
  /** Connections that were made after the stop began and got an answer. */
  reconnected: number;
}

/** When a server was asked to stop: performance.now(), and undefined before. */
export interface Stop {
  atMs: number | undefined;
}

/**
 * Clients with keep-alive in a closed loop, which honour `Connection: close`: they connect again for half of the drain
 * delay, as a client that has not yet heard of it, and leave then. `answered` sees each body.
 */
export async function load(
  url: string,
  stop: Stop,
  next: (client: number) => string,
  answered: (body: string) => void = () => {},
): Promise<Seen> {
  const seen: Seen = { lost: [], answered: 0, keptOpen: 0, reconnected: 0 };
  const one = async (index: number): Promise<void> => {
    let isNew = true;
    let client = await RawClient.connect(url);
    try {
      for (;;) {
        const stopping = stop.atMs !== undefined;
        const answer = await client.ask(next(index));
        seen.answered += 1;
        answered(answer.body);
        if (stopping && isNew) seen.reconnected += 1;
        if (stopping && !answer.close) seen.keptOpen += 1;
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

/** The guarantee: nothing that was sent is lost, and everybody is asked to leave while there is still time. */
export function assertDrained({ lost, keptOpen, reconnected, answered }: Seen): void {
  assert.deepEqual(lost, []);
  assert.ok(answered >= CLIENTS);
  assert.equal(keptOpen, 0, 'an answer during the drain keeps its connection open');
  assert.ok(reconnected > 0, 'no client could connect while the server drained');
}
