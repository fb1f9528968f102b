import { Call, type SharedCall } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import type { Principal } from '#platform/principal.ts';

/** A caller that waits for a round trip or takes part in one. */
export interface Member<I, O> {
  readonly input: I;
  readonly call: Call;
  resolve(output: O): void;
  reject(error: unknown): void;
}

/** Counts the waiting callers of all coalescers of one kind. */
export interface Queue {
  waiting: number;
  /** Further callers are rejected with RESOURCE_EXHAUSTED. */
  readonly waitingMax: number;
}

/**
 * Does the work of all members under one shared call and settles each member. An error that it throws rejects all
 * members.
 */
type Run<I, O> = (members: readonly Member<I, O>[], call: SharedCall) => Promise<void>;

/** The options shared by all coalescers of one kind. */
export interface CoalescerOptions<I, O> {
  readonly queue: Queue;
  /** Maximum turns of the event loop that a round trip waits, as long as each turn adds callers. */
  readonly turnsMax: number;
  /** Maximum concurrent round trips of one coalescer. */
  readonly concurrency: number;
  /** Returns how many of the waiting callers, from the front of the queue, the next round trip takes. */
  sizeOf(waiting: readonly Member<I, O>[]): number;
  run: Run<I, O>;
}

/**
 * Batches callers into round trips. Callers that arrive while `concurrency` round trips are in flight share the next
 * one, which starts when one of them ends: a caller never takes part in a round trip that started before its call.
 */
export class Coalescer<I, O> {
  readonly #options: CoalescerOptions<I, O>;
  readonly #principal: Principal;
  readonly #onIdle: (() => void) | undefined;
  readonly #waiting: Member<I, O>[] = [];
  #inFlight = 0;
  #isGathering = false;

  /** Round trips run as `principal`. `onIdle` is called when no caller waits and no round trip is in flight. */
  constructor(options: CoalescerOptions<I, O>, principal: Principal, onIdle?: () => void) {
    this.#options = options;
    this.#principal = principal;
    this.#onIdle = onIdle;
  }

  /** Rejects when the call ends, even if other callers still wait. */
  join(input: I, call: Call): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      const { queue } = this.#options;
      if (queue.waiting >= queue.waitingMax) reject(overloaded());
      else {
        queue.waiting += 1;
        call.onAbort(reject);
        this.#waiting.push({ input, call, resolve, reject });
      }
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isGathering || this.#inFlight >= this.#options.concurrency) return;
    if (this.#waiting.length > 0) {
      this.#isGathering = true;
      setImmediate(() => this.#gather(0, 1));
    } else if (this.#inFlight === 0) this.#onIdle?.();
  }

  /**
   * Each turn of the event loop reads the sockets that have data: wait for another turn as long as turns add callers.
   */
  #gather(seen: number, turn: number): void {
    const { length } = this.#waiting;
    if (length > seen && turn < this.#options.turnsMax) {
      setImmediate(() => this.#gather(length, turn + 1));
      return;
    }
    this.#isGathering = false;
    this.#start();
    this.#schedule();
  }

  #start(): void {
    const { queue, sizeOf, run } = this.#options;
    const taken = this.#waiting.splice(0, sizeOf(this.#waiting));
    queue.waiting -= taken.length;
    const members = dropEnded(taken);
    if (members.length === 0) return;
    this.#inFlight += 1;
    void runTogether(members, this.#principal, run).finally(() => {
      this.#inFlight -= 1;
      this.#schedule();
    });
  }
}

/** Drops the members whose calls have ended. */
export function dropEnded<I, O>(members: readonly Member<I, O>[]): Member<I, O>[] {
  return members.filter(({ call }) => !call.ended);
}

/** Runs work for members under one shared call, which ends when the last of them has left. Never rejects. */
export async function runTogether<I, O>(
  members: readonly Member<I, O>[],
  principal: Principal,
  run: Run<I, O>,
): Promise<void> {
  const [first] = members;
  if (!first) return;
  using shared = Call.shared(principal, first.call);
  try {
    for (const { call } of members) shared.join(call);
    await run(members, shared);
  } catch (error) {
    for (const { reject } of members) reject(error);
  } finally {
    for (const { call, reject } of members) call.offAbort(reject);
  }
}

/** The error of a caller that is rejected because the queue is full. */
export function overloaded(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'The server is overloaded. Try again in a moment.');
}
