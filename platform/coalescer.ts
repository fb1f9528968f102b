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

/** Counts those who wait in all coalescers of one kind. */
export interface Queue {
  waiting: number;
  /** One more is refused with RESOURCE_EXHAUSTED. */
  readonly waitingMax: number;
}

/** Does the work of all members under their common call and settles each; what it throws is the failure of all. */
type Run<I, O> = (members: readonly Member<I, O>[], call: SharedCall) => Promise<void>;

/** What coalescers of one kind have in common. */
export interface CoalescerOptions<I, O> {
  readonly queue: Queue;
  /** Turns of the event loop that a round trip waits at the most, as long as each brings further callers. */
  readonly turnsMax: number;
  /** Round trips of one coalescer under way at once. */
  readonly concurrency: number;
  /** How many of those who wait, in their order, the next round trip takes. */
  sizeOf(waiting: readonly Member<I, O>[]): number;
  run: Run<I, O>;
}

/**
 * Lets callers share round trips. Those who come while `concurrency` round trips are under way share the next, which
 * starts when one of them ends: no caller takes part in a round trip that started before its call.
 */
export class Coalescer<I, O> {
  readonly #options: CoalescerOptions<I, O>;
  readonly #principal: Principal;
  readonly #onIdle: (() => void) | undefined;
  readonly #waiting: Member<I, O>[] = [];
  #underWay = 0;
  #isGathering = false;

  /** Round trips run as `principal`. `onIdle` is called when nothing waits or is under way. */
  constructor(options: CoalescerOptions<I, O>, principal: Principal, onIdle?: () => void) {
    this.#options = options;
    this.#principal = principal;
    this.#onIdle = onIdle;
  }

  /** Rejects when the call ends, however long the others wait. */
  join(input: I, call: Call): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      const { queue } = this.#options;
      if (queue.waiting >= queue.waitingMax) reject(tooMuchWaits());
      else {
        queue.waiting += 1;
        call.onAbort(reject);
        this.#waiting.push({ input, call, resolve, reject });
      }
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isGathering || this.#underWay >= this.#options.concurrency) return;
    if (this.#waiting.length > 0) {
      this.#isGathering = true;
      setImmediate(() => this.#gather(0, 1));
    } else if (this.#underWay === 0) this.#onIdle?.();
  }

  /** Each turn of the event loop reads the sockets that have something: as long as that brings company, wait for it. */
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
    const members = takeLiving(taken);
    if (members.length === 0) return;
    this.#underWay += 1;
    void runTogether(members, this.#principal, run).finally(() => {
      this.#underWay -= 1;
      this.#schedule();
    });
  }
}

/** Those that somebody still waits for. */
export function takeLiving<I, O>(members: readonly Member<I, O>[]): Member<I, O>[] {
  return members.filter(({ call }) => !call.ended);
}

/** Runs work for some callers under one call, which ends when the last of them has left. Never rejects. */
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

/** The error of who would wait where as many wait already as may. */
export function tooMuchWaits(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'Too much work is waiting. Try again in a moment.');
}
