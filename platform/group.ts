import type { Call, SharedCall } from '#platform/call.ts';
import {
  Coalescer,
  runTogether,
  dropEnded,
  type CoalescerOptions,
  type Member,
} from '#platform/coalescer.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';

/**
 * Two ways to batch concurrent callers into one round trip. Neither delays callers by a timer: an idle system starts
 * immediately, and a busy one batches the callers that arrived during the previous round trip. The read of a caller starts
 * after its call, so an answer is never older than the call.
 */

/** Maximum waiting callers of shared reads of one kind; further callers are rejected with RESOURCE_EXHAUSTED. */
const WAITING_MAX = 10_000;
/** Maximum turns of the event loop that a shared read waits for more callers; an idle turn takes a few µs. */
const TURNS_MAX = 16;

export interface GroupOptions<I, O> {
  /**
   * Does the work of many inputs from callers of any principal. It gets no call, so the result depends only on the
   * inputs. Results are in the order of the inputs. An AppError in the results rejects that member only; a thrown one
   * rejects all members, so its text and detail must not refer to one of them.
   */
  run(inputs: readonly I[], signal: AbortSignal): Promise<readonly (O | AppError)[]>;
  /** Maximum inputs of one round trip. */
  sizeMax: number;
  /**
   * The weight of an input, e.g. in bytes, and the maximum total of one round trip. The first input is always taken.
   */
  weight?: { of(input: I): number; max: number };
  /** Maximum waiting inputs; further ones are rejected with RESOURCE_EXHAUSTED. */
  queueMax: number;
  /** Maximum concurrent round trips. */
  concurrency: number;
  /** Returns true for an error after which certainly nothing was done; the members are then retried one at a time. */
  splitAfter?: (error: unknown) => boolean;
}

/** Group commit, and the same for reads by id: many calls of one kind become one statement. */
export function groupCalls<I, O>(options: GroupOptions<I, O>): (input: I, call: Call) => Promise<O> {
  const { sizeMax, weight, queueMax, concurrency } = options;

  function groupSize(waiting: readonly Member<I, O>[]): number {
    if (!weight) return sizeMax;
    let left = weight.max;
    const count = waiting.slice(0, sizeMax).findIndex(({ input }) => (left -= weight.of(input)) < 0);
    return count < 0 ? sizeMax : Math.max(1, count);
  }

  async function run(members: readonly Member<I, O>[], call: SharedCall): Promise<void> {
    try {
      const outputs = await options.run(
        members.map((member) => member.input),
        call.signal,
      );
      for (const [index, member] of members.entries()) settle(member, outputs[index]);
    } catch (error) {
      if (members.length === 1 || !options.splitAfter?.(error)) throw error;
      for (const member of members) await runTogether(dropEnded([member]), Principal.anonymous, run);
    }
  }

  const queue = { waiting: 0, waitingMax: queueMax };
  const kind = { queue, turnsMax: 1, concurrency, sizeOf: groupSize, run };
  const coalescer = new Coalescer<I, O>(kind, Principal.anonymous);
  return (input, call) => coalescer.join(input, call);
}

function settle<I, O>(member: Member<I, O>, output: O | AppError | undefined): void {
  if (output === undefined)
    member.reject(new Error('a grouped call returned fewer results than it had inputs'));
  else if (output instanceof AppError) member.reject(output);
  else member.resolve(output);
}

type Read<I, O> = (input: I, call: SharedCall) => Promise<O>;

/**
 * Callers of one principal with equal inputs share one read, which runs as that principal. A caller that arrives while
 * such a read is in flight joins the next one, which starts when the current one ends. The result may depend only on
 * the input as identified by `keyOf` and on `call.principal`.
 */
export function shareReads<I, O>(
  keyOf: (input: I) => string,
  read: Read<I, O>,
): (input: I, call: Call) => Promise<O> {
  return shareAs((call) => call.principal, keyOf, read);
}

/**
 * Like `shareReads` for callers of all principals, for data that is the same for all of them: the read runs as the
 * anonymous principal.
 */
export function sharePublicReads<I, O>(
  keyOf: (input: I) => string,
  read: Read<I, O>,
): (input: I, call: Call) => Promise<O> {
  return shareAs(() => Principal.anonymous, keyOf, read);
}

function shareAs<I, O>(
  readerOf: (call: Call) => Principal,
  keyOf: (input: I) => string,
  read: Read<I, O>,
): (input: I, call: Call) => Promise<O> {
  /** Contains a key while a read of it is pending or in flight. */
  const coalescers = new Map<string, Coalescer<I, O>>();
  const kind: CoalescerOptions<I, O> = {
    queue: { waiting: 0, waitingMax: WAITING_MAX },
    turnsMax: TURNS_MAX,
    concurrency: 1,
    sizeOf: () => Infinity,
    async run(members, call) {
      const [first] = members;
      if (!first) return;
      const output = await read(first.input, call);
      for (const member of members) member.resolve(output);
    },
  };

  return function join(input, call) {
    const reader = readerOf(call);
    const key = reader.scope(keyOf(input));
    let coalescer = coalescers.get(key);
    if (!coalescer) {
      coalescer = new Coalescer(kind, reader, () => coalescers.delete(key));
      coalescers.set(key, coalescer);
    }
    return coalescer.join(input, call);
  };
}
