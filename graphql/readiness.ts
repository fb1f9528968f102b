import { messageOf } from '#platform/errors.ts';
import type { Upstream } from '#platform/upstreams.ts';

/** The timeout after which a service counts as unavailable. Shorter than the timeout of the readiness check. */
const TIMEOUT_MS = 1_500;

/**
 * The gateway is ready while at least one service is ready: the fields of other services are UNAVAILABLE errors. Resolves
 * with the problems of services that are not ready, or undefined; rejects with the problems if no service is ready.
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
