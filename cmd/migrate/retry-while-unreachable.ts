import { messageOf, StartError } from '#platform/errors.ts';
import { retry } from '#platform/retry.ts';

const PAUSE_MS = 500;

/** SQLSTATE: the server is starting up and accepts no connections yet. */
const STARTING_UP = '57P03';

/**
 * Retries `work` for at most `waitMs` while its engine does not respond: after `docker-compose up -d` the engines need
 * some time to start. Throws any other error immediately, for example a wrong password.
 */
export async function retryWhileUnreachable<T>(
  work: () => Promise<T>,
  waitMs: number,
  onWait: (problem: string) => void,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  let retries = 0;
  return retry(work, {
    pauseMsMin: PAUSE_MS,
    pauseMsMax: PAUSE_MS,
    shouldRetry: (error) => isUnreachable(error) && performance.now() + PAUSE_MS <= deadline,
    onRetry: (error) => {
      retries += 1;
      if (retries === 1) onWait(messageOf(error));
    },
  });
}

/** Whether the engine did not respond. Errors sent by PostgreSQL have a severity; connection errors do not. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof StartError) || !(error.cause instanceof Error)) return false;
  const { cause } = error;
  return !('severity' in cause) || ('code' in cause && cause.code === STARTING_UP);
}
