import type { Call } from '#platform/call.ts';
import { overloaded } from '#platform/coalescer.ts';
import type { AppError } from '#platform/errors.ts';

/** A weighted semaphore: limits the total cost of the work that runs concurrently. Further work waits in a queue. */
export interface CostGate {
  /** Runs the work when its cost fits. Rejects if the call ends first or the queue is full. */
  run<T>(cost: number, call: Call, work: () => Promise<T>): Promise<T>;
}

/** The default of the maximum queue length. */
const WAITING_MAX = 1_000;

/** Work of cost `costMax` is overtaken by at most this number of later arrivals with negligible cost. */
const OVERTAKEN_MAX = 1_000;

interface Waiting {
  readonly cost: number;
  /** The lowest rank starts next: early arrival and low cost. */
  readonly rank: number;
  readonly start: () => void;
}

/**
 * Creates a gate for a total cost of `costMax`. Work that exceeds it alone runs alone. Work that would wait behind
 * `waitingMax` others is rejected with RESOURCE_EXHAUSTED.
 */
export function createCostGate(costMax: number, waitingMax = WAITING_MAX): CostGate {
  const waiting = new Set<Waiting>();
  let running = 0;
  let arrivals = 0;

  const fits = (cost: number): boolean => running === 0 || running + cost <= costMax;

  function startNext(): void {
    for (;;) {
      let next: Waiting | undefined;
      for (const each of waiting) if (!next || each.rank < next.rank) next = each;
      if (!next || !fits(next.cost)) return;
      waiting.delete(next);
      running += next.cost;
      next.start();
    }
  }

  function enter(cost: number, call: Call): Promise<void> | undefined {
    if (waiting.size === 0 && fits(cost)) {
      running += cost;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      if (waiting.size >= waitingMax) {
        reject(overloaded());
        return;
      }
      const leave = (reason: AppError): void => {
        waiting.delete(entry);
        reject(reason);
        startNext();
      };
      arrivals += 1;
      const entry: Waiting = {
        cost,
        rank: arrivals + (OVERTAKEN_MAX * cost) / costMax,
        start: () => {
          call.offAbort(leave);
          resolve();
        },
      };
      waiting.add(entry);
      call.onAbort(leave);
    });
  }

  return {
    async run(cost, call, work) {
      await enter(cost, call);
      try {
        return await work();
      } finally {
        running -= cost;
        startNext();
      }
    },
  };
}
