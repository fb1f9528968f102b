import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { handle, routeOf, type HandlerDeps } from '#graphql/handler.ts';
import type { HttpResponse } from '#graphql/http.ts';
import { Call, cancelled } from '#platform/call.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { asAppError } from '#platform/errors.ts';
import { listenError } from '#platform/listen-error.ts';
import { callFields, type Logger } from '#platform/logger.ts';

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
const SETTINGS = { settings: { host: 'HOST', port: 'PORT' }, otherPort: 9_000 };
const NOTHING = Buffer.alloc(0);
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/** Serves the gateway's handler over HTTP/1.1. */
export async function listen(
  deps: HttpServerDeps,
  address: { host: string; port: number },
  stack: AsyncDisposableStack,
): Promise<number> {
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    acceptor(deps),
  );
  const port = await bind(server, address, deps.logger);
  stack.defer(() => stop(server));
  return port;
}

async function bind(
  server: Server,
  { host, port }: { host: string; port: number },
  logger: Logger,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, { host, port, ...SETTINGS })));
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => logger.error({ err: error }, 'the HTTP server had an error'));
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

/** One listener per request; what it does per request is the hot path of the whole shop (bench/, row b). */
function acceptor(deps: HttpServerDeps): (request: IncomingMessage, response: ServerResponse) => void {
  let inFlight = 0;
  const succeeded = deps.telemetry.httpDuration.with('POST', routeOf('/graphql'), '200');
  return (request, response) => {
    const startedMs = performance.now();
    const { headers, method = 'GET', url = '/' } = request;
    const call = new Call({
      requestId: requestIdOf(headers['x-request-id']) ?? deps.clock.newId(),
      traceparent: single(headers['traceparent']),
      // Deadlines are real time, as the timers that hold them are, also where a test decides what time it is.
      nowMs: systemClock.now(),
      timeoutMs: deps.requestTimeoutMs,
    });
    inFlight += 1;
    response.on('close', () => {
      inFlight -= 1;
      if (!response.writableFinished) call.abort(cancelled());
      call[Symbol.dispose]();
    });
    const questionMark = url.indexOf('?');
    const path = questionMark < 0 ? url : url.slice(0, questionMark);
    const search = questionMark < 0 ? '' : url.slice(questionMark + 1);
    const header = (name: string): string | undefined => single(headers[name]);

    if (inFlight > IN_FLIGHT_MAX) {
      request.resume();
      finish(503, 'RESOURCE_EXHAUSTED', 'Too many requests are under way. Try again in a moment.');
      return;
    }
    // Who sends too slowly has the deadline too: a slot is not held by a body that never ends.
    const giveUp = (): void => finish(408, 'DEADLINE_EXCEEDED', 'The request was not complete in time.');
    call.onAbort(giveUp);
    readBody(request, (body) => {
      call.offAbort(giveUp);
      if (!body) {
        finish(413, 'BODY_TOO_LARGE', `The body is larger than ${BODY_SIZE_MAX} bytes.`);
        return;
      }
      handle(deps, { method, path, search, header, body, call }).then(
        (result) => {
          send(response, method, result, call);
          if (result.status === 200 && path === '/graphql' && method === 'POST') succeeded.observe(startedMs);
          else observe(result.status);
        },
        (error: unknown) => {
          deps.logger.error({ err: error, ...callFields(call) }, 'unexpected error');
          finish(500, 'INTERNAL', asAppError(error).publicMessage);
        },
      );
    });

    function finish(status: number, code: string, message: string): void {
      refuse(response, status, code, message, call);
      observe(status);
    }
    function observe(status: number): void {
      const known = METHODS.has(method) ? method : '_OTHER';
      deps.telemetry.httpDuration.observe(startedMs, known, routeOf(path), String(status));
    }
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

/** The caller's own id for the request, if it is one that may stand in a log. */
function requestIdOf(value: string | string[] | undefined): string | undefined {
  const id = single(value);
  return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
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
  const { body } = result;
  const length = Buffer.byteLength(body);
  response.writeHead(result.status, {
    ...result.headers,
    'content-length': length,
    'x-request-id': call.requestId,
  });
  if (method === 'HEAD') response.end();
  // As many bytes as characters: plain ASCII, which Node writes together with the head in one cheap copy.
  else if (typeof body === 'string') response.end(body, length === body.length ? 'latin1' : 'utf8');
  else response.end(body);
}

/** An answer instead of the handler's, in the form of a GraphQL error; the connection is not used again. */
function refuse(response: ServerResponse, status: number, code: string, message: string, call: Call): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
    'x-request-id': call.requestId,
  });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code, requestId: call.requestId } }] }));
}
