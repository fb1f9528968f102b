import { setTimeout as rest } from 'node:timers/promises';
import { messageOf, StartError } from '#platform/errors.ts';

const RETRY_MS = 500;

/** SQLSTATE: the server starts up, and lets nobody in yet. */
const STARTING_UP = '57P03';

/**
 * Does the work, again and again while its engine does not answer, for `waitMs` at the most: right after
 * `docker-compose up -d` the engines still start. Any other failure, a wrong password say, is thrown at once.
 */
export async function withPatience<T>(
  work: () => Promise<T>,
  waitMs: number,
  onWait: (problem: string) => void,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isUnanswered(error) || performance.now() + RETRY_MS > deadline) throw error;
      if (tries === 1) onWait(messageOf(error));
    }
    await rest(RETRY_MS);
  }
}

/** Whether nobody answered; an answer of PostgreSQL carries a severity, that of a socket a system call. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof StartError) || !(error.cause instanceof Error)) return false;
  const { cause } = error;
  return !('severity' in cause) || ('code' in cause && cause.code === STARTING_UP);
}
