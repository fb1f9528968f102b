import { messageOf } from '#platform/errors.ts';
import type { Upstream } from '#platform/upstreams.ts';

/** How long a service may take to answer before it counts as missing. Less than the check of readiness itself. */
const TIMEOUT_MS = 1_500;

/**
 * The gateway is ready while at least one service is: the fields of a missing service are errors with the code UNAVAILABLE,
 * the others have their data. Resolves with what is missing, or rejects with it if no service is ready.
 */
export async function readinessOf(upstreams: readonly Upstream[]): Promise<string | undefined> {
  const problems = await Promise.all(upstreams.map(problemOf));
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length === 0) return undefined;
  const text = found.join('; ');
  if (found.length === upstreams.length) throw new Error(text);
  return text;
}

async function problemOf({ name, ready }: Upstream): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([ready(), late]);
    return undefined;
  } catch (error) {
    return `${name}: ${messageOf(error)}`;
  } finally {
    clearTimeout(timer);
  }
}
