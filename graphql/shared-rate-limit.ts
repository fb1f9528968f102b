import type { RedisConnection } from '#platform/cache/redis-connection.ts';
import { decisionOf, type RateDecision, type RatePolicy } from '#graphql/rate-limit.ts';

/** The limits that several gateways share, in Redis. Both methods never reject. */
export interface SharedRateLimiter {
  /** Like RateLimiter.admit; undefined if Redis does not answer in time. */
  admit(policy: RatePolicy, key: string): Promise<RateDecision | undefined>;
  charge(policy: RatePolicy, key: string, cost: number): Promise<void>;
}

const PREFIX = 'fritzy:limit:1:';
const TIMEOUT_MS = 20;

/**
 * GCRA with the clock of Redis, in microseconds. KEYS[1] has the time at which all that a caller has spent is paid. ARGV:
 * the cost, the burst, and 1 if the cost is charged in any case. Returns whether it was charged, the debt and the wait.
 */
const SPEND = `
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local cost, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
  local debt = math.max(0, tonumber(redis.call('GET', KEYS[1]) or now) - now)
  local wait = debt + cost - burst
  if wait > 0 and ARGV[3] ~= '1' then
    return { 0, string.format('%.0f', debt), string.format('%.0f', wait) }
  end
  debt = debt + cost
  redis.call('SET', KEYS[1], string.format('%.0f', now + debt), 'PX', math.ceil(debt / 1000))
  return { 1, string.format('%.0f', debt), '0' }`;

export function createSharedRateLimiter(redis: RedisConnection): SharedRateLimiter {
  async function spend(policy: RatePolicy, key: string, cost: number, isCharge: boolean) {
    const micros = 1_000_000 / policy.perSecond;
    const values = [cost * micros, policy.burst * micros].map((value) => value.toFixed(0));
    return redis.run(TIMEOUT_MS, (commands) =>
      commands.eval(SPEND, {
        keys: [`${PREFIX}${policy.name}:${key}`],
        arguments: [...values, isCharge ? '1' : '0'],
      }),
    );
  }

  return {
    async admit(policy, key) {
      const answer = await spend(policy, key, 1, false);
      if (!Array.isArray(answer)) return undefined;
      const [allowed, debt, wait] = answer.map(Number);
      return decisionOf(policy, {
        allowed: allowed === 1,
        debtMs: (debt ?? 0) / 1_000,
        waitMs: (wait ?? 0) / 1_000,
      });
    },
    async charge(policy, key, cost) {
      await spend(policy, key, cost, true);
    },
  };
}
