import type { Call } from '#platform/call.ts';
import { tooMuchWaits } from '#platform/coalescer.ts';
import type { AppError } from '#platform/errors.ts';

/** Lets so much work run at once; further work waits for its turn. */
export interface CostGate {
  /** Does the work in its turn. Rejects if its call ends before, or if too much waits already. */
  run<T>(cost: number, call: Call, work: () => Promise<T>): Promise<T>;
}

/** Work that may wait; more is refused with RESOURCE_EXHAUSTED. */
const WAITING_MAX = 1_000;

/** Work that alone fills the gate lets so many others pass that arrive after it and cost next to nothing. */
const RANKS_BEHIND = 1_000;

interface Waiting {
  readonly cost: number;
  /** The lowest begins next: what arrives early and costs little. */
  readonly rank: number;
  readonly start: () => void;
}

/** A gate for work that costs `costMax` at once. Work that alone costs more runs alone. */
export function createCostGate(costMax: number): CostGate {
  const waiting = new Set<Waiting>();
  let running = 0;
  let arrivals = 0;

  const fits = (cost: number): boolean => running === 0 || running + cost <= costMax;

  function startNext(): void {
    for (;;) {
      let next: Waiting | undefined;
      for (const one of waiting) if (!next || one.rank < next.rank) next = one;
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
      if (waiting.size >= WAITING_MAX) {
        reject(tooMuchWaits());
        return;
      }
      const giveUp = (reason: AppError): void => {
        waiting.delete(entry);
        reject(reason);
        startNext();
      };
      arrivals += 1;
      const entry: Waiting = {
        cost,
        rank: arrivals + (RANKS_BEHIND * cost) / costMax,
        start: () => {
          call.offAbort(giveUp);
          resolve();
        },
      };
      waiting.add(entry);
      call.onAbort(giveUp);
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
