import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';

/**
 * Two ways to let concurrent callers share one round trip. Neither holds anything back by a timer: an idle system
 * starts at once, a busy one takes along whatever has arrived while the round trip before was under way. Each
 * caller's read starts after its call, so nobody is given an answer older than the question.
 */

/** Callers that may wait for shared reads of one kind; one more is refused with RESOURCE_EXHAUSTED. */
const WAITING_MAX = 10_000;
/** Turns of the event loop that a shared read waits for company at the most; an idle one takes a few µs. */
const TURNS_MAX = 16;

interface Member<I, O> {
  readonly input: I;
  readonly call: Call;
  resolve(output: O): void;
  reject(error: unknown): void;
}

export interface GroupOptions<I, O> {
  /** Does the work of many inputs; the answers lie in the order of the inputs. An AppError is that member's alone. */
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
  const waiting: Member<I, O>[] = [];
  let underWay = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || underWay >= options.concurrency || waiting.length === 0) return;
    scheduled = true;
    // After the sockets of this turn of the event loop were read: whatever came together goes together.
    setImmediate(() => {
      scheduled = false;
      const members = takeLiving(waiting.splice(0, groupSize()));
      if (members.length > 0) {
        underWay += 1;
        void runAll(members).finally(() => {
          underWay -= 1;
          schedule();
        });
      }
      schedule();
    });
  }

  function groupSize(): number {
    const { sizeMax, weight } = options;
    if (!weight) return sizeMax;
    let left = weight.max;
    const count = waiting.slice(0, sizeMax).findIndex(({ input }) => (left -= weight.of(input)) < 0);
    return count < 0 ? sizeMax : Math.max(1, count);
  }

  async function runAll(members: readonly Member<I, O>[]): Promise<void> {
    if (members.length === 0) return;
    const crowd = abortWhenAllLeft(members);
    try {
      const outputs = await options.run(
        members.map((member) => member.input),
        crowd.signal,
      );
      for (const [index, member] of members.entries()) settle(member, outputs[index]);
    } catch (error) {
      if (members.length > 1 && options.splitAfter?.(error)) {
        for (const member of members) await runAll(takeLiving([member]));
      } else {
        for (const member of members) member.reject(error);
      }
    } finally {
      crowd.release();
    }
  }

  return function join(input, call) {
    return new Promise<O>((resolve, reject) => {
      if (waiting.length >= options.queueMax) {
        reject(tooMuchWaits());
        return;
      }
      waiting.push({ input, call, resolve, reject });
      schedule();
    });
  };
}

/** The error of who would wait where as many wait already as may. */
export function tooMuchWaits(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'Too much work is waiting. Try again in a moment.');
}

/** Those that somebody still waits for; the others learn why they are left out. */
function takeLiving<I, O>(members: readonly Member<I, O>[]): Member<I, O>[] {
  const living: Member<I, O>[] = [];
  for (const member of members) {
    if (member.call.ended) member.reject(member.call.ended);
    else living.push(member);
  }
  return living;
}

function settle<I, O>(member: Member<I, O>, output: O | AppError | undefined): void {
  if (output === undefined) member.reject(new Error('a grouped call gave fewer answers than it had inputs'));
  else if (output instanceof AppError) member.reject(output);
  else member.resolve(output);
}

/**
 * Callers with equal questions share one read: a caller that comes while such a read is under way joins the next
 * one, which starts when the running one ends.
 */
export function shareReads<I, O>(
  keyOf: (input: I) => string,
  read: (input: I, signal: AbortSignal) => Promise<O>,
): (input: I, call: Call) => Promise<O> {
  /** Who waits for the next read of a key; a key is there as long as a read of it is due or under way. */
  const waiting = new Map<string, Member<I, O>[]>();
  let size = 0;

  function start(key: string): void {
    let seen = 0;
    let turns = 0;
    // Each turn of the event loop reads the sockets that have something: as long as that brings company, wait for it.
    const gather = (): void => {
      const all = waiting.get(key) ?? [];
      turns += 1;
      if (all.length > seen && turns < TURNS_MAX) {
        seen = all.length;
        setImmediate(gather);
        return;
      }
      size -= all.length;
      const members = takeLiving(all);
      const [first] = members;
      if (!first) {
        waiting.delete(key);
        return;
      }
      waiting.set(key, []);
      void runFor(members, first.input).finally(() => {
        if (waiting.get(key)?.length === 0) waiting.delete(key);
        else start(key);
      });
    };
    setImmediate(gather);
  }

  async function runFor(members: readonly Member<I, O>[], input: I): Promise<void> {
    const crowd = abortWhenAllLeft(members);
    try {
      const output = await read(input, crowd.signal);
      for (const member of members) member.resolve(output);
    } catch (error) {
      for (const member of members) member.reject(error);
    } finally {
      for (const member of members) member.call.offAbort(member.reject);
      crowd.release();
    }
  }

  return function join(input, call) {
    return new Promise<O>((resolve, reject) => {
      if (size >= WAITING_MAX) {
        reject(tooMuchWaits());
        return;
      }
      const key = keyOf(input);
      size += 1;
      const member = { input, call, resolve, reject };
      // Each has its own deadline, however long the others wait.
      call.onAbort(reject);
      const others = waiting.get(key);
      if (others) {
        others.push(member);
      } else {
        waiting.set(key, [member]);
        start(key);
      }
    });
  };
}

/** A signal that fires when the last of many callers has gone: until then somebody still wants the answer. */
function abortWhenAllLeft(members: readonly { readonly call: Call }[]): {
  signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  // One call may take part several times: it leaves once.
  const calls = new Set(members.map((member) => member.call));
  let staying = calls.size;
  const leave = (reason: AppError): void => {
    staying -= 1;
    if (staying === 0) controller.abort(reason);
  };
  for (const call of calls) call.onAbort(leave);
  return {
    signal: controller.signal,
    release: () => {
      for (const call of calls) call.offAbort(leave);
    },
  };
}
