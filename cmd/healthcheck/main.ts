import { GATEWAY } from '#cmd/services.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { runOnce } from '#platform/run.ts';

/**
 * The HEALTHCHECK of the image: exits with status 0 if /healthz answers on PORT (the gateway) or on ADMIN_PORT (a
 * service). It runs every few seconds, so it reads its two settings without loading the code of the services.
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
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
