import { LRUCache } from 'lru-cache';
import type { Clock } from '#platform/clock.ts';

/**
 * Limits of requests per caller: GCRA, a token bucket that stores one time per caller
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).
 */
export interface RatePolicy {
  /** The name in the headers. */
  readonly name: string;
  readonly perSecond: number;
  /** What a caller that was idle can spend at once. */
  readonly burst: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** What is left, at least 0. */
  readonly remaining: number;
  /** Seconds until the whole burst is available again, rounded up. */
  readonly resetS: number;
  /** Seconds until the next request is allowed, rounded up; 0 if it is allowed now. */
  readonly retryAfterS: number;
}

export interface RateLimiter {
  readonly policy: RatePolicy;
  /** Admits a request unless the caller has spent more than the burst, and charges 1 for it. */
  admit(key: string): RateDecision;
  /** Whether `admit` would refuse a request. */
  isExhausted(key: string): boolean;
  /** Charges the cost of an admitted request in addition. The next requests wait until it is paid. */
  charge(key: string, cost: number): void;
}

/** About 12 MB. The callers that have not sent a request for the longest time are forgotten first. */
const CALLERS_MAX = 100_000;

export function createRateLimiter(policy: RatePolicy, clock: Pick<Clock, 'elapsedMs'>): RateLimiter {
  const costMs = 1_000 / policy.perSecond;
  const burstMs = policy.burst * costMs;
  /** The time at which all that a caller has spent is paid, by caller. */
  const paidAtMs = new LRUCache<string, number>({ max: CALLERS_MAX });
  const debtOf = (key: string, nowMs: number): number => Math.max(0, (paidAtMs.get(key) ?? nowMs) - nowMs);

  return {
    policy,
    admit(key) {
      const nowMs = clock.elapsedMs();
      const debtMs = debtOf(key, nowMs);
      const waitMs = debtMs + costMs - burstMs;
      // Times are sums of fractions.
      const allowed = waitMs <= 1e-6;
      const nextMs = allowed ? debtMs + costMs : debtMs;
      if (allowed) paidAtMs.set(key, nowMs + nextMs);
      return decisionOf(policy, { allowed, debtMs: nextMs, waitMs });
    },
    isExhausted: (key) => debtOf(key, clock.elapsedMs()) + costMs - burstMs > 1e-6,
    charge(key, cost) {
      const nowMs = clock.elapsedMs();
      paidAtMs.set(key, nowMs + debtOf(key, nowMs) + cost * costMs);
    },
  };
}

/** A decision from the time until all that a caller has spent is paid, and the time until the next request is allowed. */
export function decisionOf(
  { perSecond, burst }: RatePolicy,
  { allowed, debtMs, waitMs }: { allowed: boolean; debtMs: number; waitMs: number },
): RateDecision {
  return {
    allowed,
    remaining: Math.max(0, Math.floor(burst - (debtMs * perSecond) / 1_000 + 1e-6)),
    resetS: Math.ceil(debtMs / 1_000),
    retryAfterS: allowed ? 0 : Math.max(1, Math.ceil(waitMs / 1_000)),
  };
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitHeaders(
  { name, burst, perSecond }: RatePolicy,
  { remaining, resetS }: RateDecision,
): Record<string, string> {
  return {
    'ratelimit-policy': `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
    ratelimit: `"${name}";r=${remaining};t=${resetS}`,
  };
}
