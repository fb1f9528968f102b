import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { handle, routeOf, type HandlerDeps } from '#graphql/handler.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';
import { Call, cancelled, deadlineExceeded } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { asAppError, messageOf, StartError } from '#platform/errors.ts';
import { callFields } from '#platform/logger.ts';
import { secondsSince } from '#platform/telemetry.ts';
import { continueTrace } from '#platform/trace.ts';

export interface HttpServerDeps extends HandlerDeps {
  readonly clock: Clock;
  /** Milliseconds from the first byte to the deadline of everything that the request causes. */
  readonly requestTimeoutMs: number;
}

/** Bytes. An order of 100 items has 8 kB. */
export const BODY_SIZE_MAX = 1_048_576;
/** Requests under way at once; one more is told to come back. */
const IN_FLIGHT_MAX = 10_000;
/** How long requests under way may take to end once the server is asked to stop. */
const DRAIN_TIMEOUT_MS = 10_000;
const REQUEST_ID = /^[\w.:-]{1,128}$/;
const NOTHING = Buffer.alloc(0);
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/** Serves the gateway's handler over HTTP/1.1. */
export async function listen(
  deps: HttpServerDeps,
  address: { host: string; port: number },
  stack: AsyncDisposableStack,
): Promise<number> {
  let inFlight = 0;
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    (request, response) => {
      inFlight += 1;
      response.once('close', () => {
        inFlight -= 1;
      });
      if (inFlight > IN_FLIGHT_MAX)
        void refuse(response, 503, 'RESOURCE_EXHAUSTED', 'Too many requests are under way.');
      else serve(deps, request, response);
    },
  );
  const port = await bind(server, address);
  stack.defer(() => stop(server));
  return port;
}

async function bind(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem =
        error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${messageOf(error)})`;
      reject(
        new StartError(
          `port ${port} ${problem}: end that program or choose another port, e.g. make run PORT=${port === 9_000 ? 9_001 : 9_000}`,
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const timeout = new AbortController();
  await Promise.race([
    closed,
    delay(DRAIN_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => {}),
  ]);
  timeout.abort();
  server.closeAllConnections();
  await closed;
}

function serve(deps: HttpServerDeps, request: IncomingMessage, response: ServerResponse): void {
  const startedMs = performance.now();
  const { headers, method = 'GET', url = '/' } = request;
  const nowMs = deps.clock.now();
  const wantedId = headers['x-request-id'];
  const call = new Call({
    requestId: typeof wantedId === 'string' && REQUEST_ID.test(wantedId) ? wantedId : deps.clock.newId(),
    trace: continueTrace(typeof headers['traceparent'] === 'string' ? headers['traceparent'] : undefined),
    deadlineMs: nowMs + deps.requestTimeoutMs,
  });
  const timer = setTimeout(() => call.abort(deadlineExceeded()), deps.requestTimeoutMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) call.abort(cancelled());
  });

  const questionMark = url.indexOf('?');
  const path = questionMark < 0 ? url : url.slice(0, questionMark);
  const search = questionMark < 0 ? '' : url.slice(questionMark + 1);
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };

  readBody(request, (body) => {
    if (!body) {
      void refuse(response, 413, 'BODY_TOO_LARGE', `The body is larger than ${BODY_SIZE_MAX} bytes.`, call);
      observe(deps, method, path, 413, startedMs);
      return;
    }
    answer(deps, { method, path, search, header, body, call }).then(
      (result) => {
        send(response, method, result, call);
        observe(deps, method, path, result.status, startedMs);
      },
      (error: unknown) => {
        deps.logger.error({ err: error, ...callFields(call) }, 'unexpected error');
        void refuse(response, 500, 'INTERNAL', asAppError(error).publicMessage, call);
        observe(deps, method, path, 500, startedMs);
      },
    );
  });
}

async function answer(deps: HttpServerDeps, request: HttpRequest): Promise<HttpResponse> {
  return handle(deps, request);
}

/** Calls back with the body, or with undefined as soon as it is too large; not at all if the caller goes away. */
function readBody(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= BODY_SIZE_MAX) chunks.push(chunk);
    else if (size - chunk.length <= BODY_SIZE_MAX) done(undefined);
  });
  request.on('end', () => {
    const [only = NOTHING] = chunks;
    if (size <= BODY_SIZE_MAX) done(chunks.length <= 1 ? only : Buffer.concat(chunks, size));
  });
  // Whoever waits for the answer has gone with the connection.
  request.on('error', () => {});
}

function send(response: ServerResponse, method: string, result: HttpResponse, call: Call): void {
  if (response.destroyed) return;
  const length = typeof result.body === 'string' ? Buffer.byteLength(result.body) : result.body.length;
  response.writeHead(result.status, {
    ...result.headers,
    'content-length': length,
    'x-request-id': call.requestId,
  });
  response.end(method === 'HEAD' ? undefined : result.body);
}

/** An answer before or instead of the handler's, in the form of a GraphQL error; the connection is not used again. */
async function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  call?: Call,
): Promise<void> {
  if (response.destroyed || response.headersSent) return;
  const extensions = { code, ...(call && { requestId: call.requestId }) };
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  response.end(JSON.stringify({ errors: [{ message, extensions }] }));
}

function observe(
  deps: HttpServerDeps,
  method: string,
  path: string,
  status: number,
  startedMs: number,
): void {
  const known = METHODS.has(method) ? method : '_OTHER';
  deps.telemetry.httpDuration.labels(known, routeOf(path), String(status)).observe(secondsSince(startedMs));
}
