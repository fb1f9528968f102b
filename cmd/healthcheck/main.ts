import { GATEWAY } from '#cmd/services.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { runOnce } from '#platform/run.ts';

/**
 * The image's HEALTHCHECK: exit status 0 if the program of this container lives. It asks where the gateway answers
 * (PORT) and where a service does (ADMIN_PORT); a container has one of them. It runs every few seconds, so it reads
 * its two settings without the code of the services.
 */
const TIMEOUT_MS = 3_000;

await runOnce(async () => {
  const ports = [process.env['PORT'] || GATEWAY.port, process.env['ADMIN_PORT'] || DEFAULT_PORTS.admin];
  try {
    await Promise.any(ports.map(requireAlive));
  } catch (error) {
    const problems: unknown[] = error instanceof AggregateError ? error.errors : [error];
    throw new StartError(`not alive: ${problems.map(messageOf).join('; ')}`);
  }
});

async function requireAlive(port: string | number): Promise<void> {
  const url = `http://127.0.0.1:${port}/healthz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
}
