import type { Call, SharedCall } from '#platform/call.ts';
import {
  Coalescer,
  runTogether,
  takeLiving,
  type CoalescerOptions,
  type Member,
} from '#platform/coalescer.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';

/**
 * Two ways to let concurrent callers share one round trip. Neither holds anything back by a timer: an idle system
 * starts at once, a busy one takes along whatever has arrived while the round trip before was under way. Each
 * caller's read starts after its call, so nobody is given an answer older than the question.
 */

/** Callers that may wait for shared reads of one kind; one more is refused with RESOURCE_EXHAUSTED. */
const WAITING_MAX = 10_000;
/** Turns of the event loop that a shared read waits for company at the most; an idle one takes a few µs. */
const TURNS_MAX = 16;

export interface GroupOptions<I, O> {
  /**
   * Does the work of many inputs, which callers of any principal gave: it gets no call, so that nothing but an input
   * decides its answer. The answers lie in the order of the inputs. An AppError among them is that member's alone; one
   * that is thrown reaches all members, so its text and detail must not be about one of them.
   */
  run(inputs: readonly I[], signal: AbortSignal): Promise<readonly (O | AppError)[]>;
  /** How many inputs one round trip takes. */
  sizeMax: number;
  /** What an input weighs, e.g. in bytes, and how much one round trip takes; the first input always goes. */
  weight?: { of(input: I): number; max: number };
  /** How many inputs may wait; one more is refused with RESOURCE_EXHAUSTED. */
  queueMax: number;
  /** How many round trips may be under way at once. */
  concurrency: number;
  /** True for an error after which certainly nothing was done: the members are then tried one by one. */
  splitAfter?: (error: unknown) => boolean;
}

/** Group commit, and its twin for reads by id: many calls of one kind become one statement. */
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
      for (const member of members) await runTogether(takeLiving([member]), Principal.anonymous, run);
    }
  }

  const queue = { waiting: 0, waitingMax: queueMax };
  const kind = { queue, turnsMax: 1, concurrency, sizeOf: groupSize, run };
  const coalescer = new Coalescer<I, O>(kind, Principal.anonymous);
  return (input, call) => coalescer.join(input, call);
}

function settle<I, O>(member: Member<I, O>, output: O | AppError | undefined): void {
  if (output === undefined) member.reject(new Error('a grouped call gave fewer answers than it had inputs'));
  else if (output instanceof AppError) member.reject(output);
  else member.resolve(output);
}

type Read<I, O> = (input: I, call: SharedCall) => Promise<O>;

/**
 * Callers of one principal with equal questions share one read, which runs as that principal: a caller that comes while
 * such a read is under way joins the next one, which starts when the running one ends. An answer may depend on what
 * `keyOf` tells and on `call.principal`, on nothing else of the callers.
 */
export function shareReads<I, O>(
  keyOf: (input: I) => string,
  read: Read<I, O>,
): (input: I, call: Call) => Promise<O> {
  return shareAs((call) => call.principal, keyOf, read);
}

/**
 * The same among callers of all principals, for what is the same for all of them: the read runs as the anonymous
 * principal, whoever asks.
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
  /** A key is there as long as a read of it is due or under way. */
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
