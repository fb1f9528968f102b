import { createHash } from 'node:crypto';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** Limits attempts to guess a secret. */

/** Attempts without a delay. Then each one doubles the delay, from 2 s to 15 minutes: at most 14 in 15 minutes. */
const FREE_ATTEMPTS = 5;
const DELAY_S_MAX = 900;
/** After a day without an attempt, the count starts again. */
export const FORGET_MS = 86_400_000;

/** Counts the attempt before it is made, so that concurrent attempts count as well. Returns no row if it is too early. */
const COUNT: Statement = {
  name: 'count_attempt',
  text: `
    INSERT INTO attempt AS known (key, count, blocked_until, last_at) VALUES ($1, 1, $2, $2)
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN known.last_at < $3 THEN 1 ELSE known.count + 1 END,
      blocked_until = CASE
        WHEN known.last_at < $3 OR known.count < ${FREE_ATTEMPTS} THEN $2::timestamptz
        ELSE $2::timestamptz + least(${DELAY_S_MAX}, 2 ^ least(20, known.count + 1 - ${FREE_ATTEMPTS})) * interval '1 second'
      END,
      last_at = $2
    WHERE known.blocked_until <= $2
    RETURNING count`,
};
const BLOCKED: Statement = {
  name: 'blocked_attempt',
  text: 'SELECT blocked_until FROM attempt WHERE key = $1',
};
const FORGET: Statement = { name: 'forget_attempts', text: 'DELETE FROM attempt WHERE key = $1' };

export type Throttle = ReturnType<typeof createThrottle>;

export function createThrottle(database: Database, clock: Clock) {
  return {
    /** Counts an attempt of a kind that concerns a value. Throws TOO_MANY_ATTEMPTS if it is too early. */
    async count(kind: string, value: string): Promise<void> {
      const key = keyOf(kind, value);
      const nowMs = clock.now();
      const counted = await database.query(COUNT, [key, new Date(nowMs), new Date(nowMs - FORGET_MS)]);
      if (counted.length > 0) return;
      const [row] = await database.query<{ blocked_until: Date }>(BLOCKED, [key]);
      throw tooManyAttempts((row?.blocked_until.getTime() ?? nowMs) - nowMs);
    },

    /** Forgets the attempts after a successful one. */
    async forget(kind: string, value: string): Promise<void> {
      await database.query(FORGET, [keyOf(kind, value)]);
    },
  };
}

function tooManyAttempts(waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError('TOO_MANY_ATTEMPTS', `Too many attempts. Try again in ${seconds} s.`, {
    detail: { retryAfterSeconds: seconds },
  });
}

function keyOf(kind: string, value: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([kind, value]))
    .digest();
}
