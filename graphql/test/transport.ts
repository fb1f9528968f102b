import { createCors } from '#graphql/cors.ts';
import { listen, type HttpServerDeps } from '#graphql/http-server.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';
import { createHostCheck } from '#graphql/host-check.ts';
import { systemClock } from '#platform/clock.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';
import { memoryLogger } from '#testkit/shop.ts';

export interface Transport extends AsyncDisposable {
  readonly url: string;
  readonly telemetry: Telemetry;
  readonly logLines: readonly Record<string, unknown>[];
  /** Returns the value of a metric without labels, or the sum over all labels. */
  metric(name: string): Promise<number>;
}

/** Starts the HTTP server of the gateway with a handler of the test, for tests that do not need the shop. */
export async function startTransport(
  handle: (request: HttpRequest) => Promise<HttpResponse>,
  options: Partial<HttpServerDeps> & { allowedHosts?: string[]; corsOrigins?: string[] } = {},
): Promise<Transport> {
  const stack = new AsyncDisposableStack();
  const telemetry = createTelemetry();
  const { logger, lines } = memoryLogger();
  const port = await listen(
    {
      handle,
      logger,
      telemetry,
      clock: systemClock,
      cors: createCors(options.corsOrigins ?? []),
      isOwnHost: createHostCheck('127.0.0.1', options.allowedHosts ?? []),
      requestTimeoutMs: 10_000,
      connectionsMax: 1_000,
      drainDelayMs: 0,
      state: { draining: false, closing: false },
      ...options,
    },
    { host: '127.0.0.1', port: 0 },
    stack,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    telemetry,
    logLines: lines,
    metric: (name) => metricOf(telemetry, name),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function metricOf(telemetry: Telemetry, name: string): Promise<number> {
  const { values = [] } = (await telemetry.registry.getSingleMetric(name)?.get()) ?? {};
  return values.reduce((sum, { value }) => sum + value, 0);
}

export const json = (body: string): HttpResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body,
});
