import { createServer } from 'node:http';
import { messageOf } from '#platform/errors.ts';
import { listenError } from '#platform/listen-error.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/** A plain HTTP response. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HealthDeps {
  readonly telemetry: Telemetry;
  /** Rejects while the program cannot work. Resolves with a description of the degraded parts, if any. */
  ready(): Promise<string | void>;
}

/** The response of /readyz while everything works. */
export const READY = 'ready\n';
/** The timeout of the readiness check. */
const READY_TIMEOUT_MS = 2_000;
const SETTINGS = { settings: { host: 'ADMIN_HOST', port: 'ADMIN_PORT' }, otherPort: 9_190 };

/**
 * Answers the operational endpoints: /healthz (the process is alive), /readyz (it can serve requests) and /metrics
 * (Prometheus text). Returns undefined for any other path.
 */
export async function operationAnswer(deps: HealthDeps, path: string): Promise<Answer | undefined> {
  switch (path) {
    case '/healthz':
      return { status: 200, contentType: 'text/plain', body: 'ok\n' };
    case '/readyz':
      return readiness(deps);
    case '/metrics':
      return {
        status: 200,
        contentType: deps.telemetry.registry.contentType,
        body: await deps.telemetry.registry.metrics(),
      };
    default:
      return undefined;
  }
}

async function readiness(deps: HealthDeps): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${READY_TIMEOUT_MS} ms`)), READY_TIMEOUT_MS);
  });
  try {
    const degraded = await Promise.race([deps.ready(), timeout]);
    const body = degraded ? `ready, degraded: ${degraded}\n` : READY;
    return { status: 200, contentType: 'text/plain', body };
  } catch (error) {
    return { status: 503, contentType: 'text/plain', body: `not ready: ${messageOf(error)}\n` };
  } finally {
    clearTimeout(timer);
  }
}

/** Serves the operational endpoints on their own port (0: any free port). Returns the port. */
export async function serveHealth(
  deps: HealthDeps & { host: string; port: number },
  stack: AsyncDisposableStack,
): Promise<number> {
  const server = createServer((request, response) => {
    void operationAnswer(deps, request.url ?? '/')
      .catch((error: unknown): Answer => ({
        status: 500,
        contentType: 'text/plain',
        body: `${messageOf(error)}\n`,
      }))
      .then((answer) => {
        response.writeHead(answer?.status ?? 404, { 'content-type': answer?.contentType ?? 'text/plain' });
        response.end(answer?.body ?? 'not found\n');
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, { ...deps, ...SETTINGS })));
    server.listen(deps.port, deps.host, resolve);
  });
  stack.defer(async () => {
    server.close();
    server.closeAllConnections();
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : deps.port;
}
