import { gatewaySettings } from '#graphql/config.ts';
import { readConfig } from '#platform/config.ts';
import { messageOf, StartError } from '#platform/errors.ts';
import { runOnce } from '#platform/run.ts';
import { serviceSettings } from '#platform/service.ts';

/**
 * The image's HEALTHCHECK: exit status 0 if the program of this container lives. It asks where a service answers
 * (ADMIN_PORT) and where the gateway does (PORT); a container has one of them.
 */
const TIMEOUT_MS = 3_000;

await runOnce(async () => {
  const { PORT, ADMIN_PORT } = readConfig(process.env, {
    PORT: gatewaySettings.PORT,
    ADMIN_PORT: serviceSettings.ADMIN_PORT,
  });
  try {
    await Promise.any([PORT, ADMIN_PORT].map(requireAlive));
  } catch (error) {
    const problems = error instanceof AggregateError ? error.errors : [error];
    throw new StartError(`not alive: ${problems.map(messageOf).join('; ')}`);
  }
});

async function requireAlive(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/healthz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
}
