import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';

/** Lets so much work run at once; further work waits for its turn. */
export interface CostGate {
  /** Resolves when the work may begin. Rejects if its call ends before, or if too much waits already. */
  enter(cost: number, call: Call): Promise<void>;
  /** Call it once the work has ended. */
  leave(cost: number): void;
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

  return {
    enter(cost, call) {
      if (waiting.size === 0 && fits(cost)) {
        running += cost;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        if (waiting.size >= WAITING_MAX) {
          reject(new AppError('RESOURCE_EXHAUSTED', 'Too much work is waiting. Try again in a moment.'));
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
    },
    leave(cost) {
      running -= cost;
      startNext();
    },
  };
}
