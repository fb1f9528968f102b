import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Connections, type Connection } from '#graphql/connections.ts';
import { compress, negotiateEncoding, COMPRESSED_SIZE_MIN } from '#graphql/compression.ts';
import type { Cors } from '#graphql/cors.ts';
import { drain, type StopState } from '#graphql/drain.ts';
import { dropBody, restAfterDrop } from '#graphql/drop-body.ts';
import { routeOf } from '#graphql/handler.ts';
import { connectionsMaxOf, HTTP_LIMITS, openFilesMax, type HttpLimits } from '#graphql/http-limits.ts';
import {
  BODY_SIZE_MAX,
  EXPECTATION,
  hostRefusal,
  NO_ROOM,
  TOO_LARGE,
  TOO_LATE,
  TOO_MANY,
} from '#graphql/http-refusals.ts';
import { refusalResponse, type HttpRefusal, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import { MALFORMED_BODY, refuseMalformed } from '#graphql/malformed.ts';
import { Call, cancelled } from '#platform/call.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { AppError, asAppError } from '#platform/errors.ts';
import { listenError } from '#platform/listen-error.ts';
import { callFields, type Logger } from '#platform/logger.ts';
import { Principal } from '#platform/principal.ts';
import type { Telemetry } from '#platform/telemetry.ts';

export interface HttpServerDeps {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly cors: Cors;
  /** Returns whether a Host header names this server. */
  readonly isOwnHost: (host: string) => boolean;
  /** Milliseconds from the first byte of a request to its deadline. */
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
  /** Milliseconds between the start of a stop and the close of the listener. */
  readonly drainDelayMs: number;
  readonly state: StopState;
  readonly limits?: Partial<HttpLimits>;
}

/** Milliseconds between two checks for headers timeouts. */
const CHECK_INTERVAL_MS = 500;
const REQUEST_ID = /^[\w.:-]{1,128}$/;
const SETTINGS = { settings: { host: 'HOST', port: 'PORT' }, otherPort: 9_000 };
const NOTHING = Buffer.alloc(0);
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/** Serves a handler over HTTP/1.1. Returns the port. Disposing `stack` drains the server (graphql/drain.ts). */
export async function listen(
  deps: HttpServerDeps,
  address: { host: string; port: number },
  stack: AsyncDisposableStack,
): Promise<number> {
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const { http } = deps.telemetry;
  const connectionsMax = connectionsMaxOf(deps.connectionsMax, await openFilesMax());
  if (connectionsMax < deps.connectionsMax)
    deps.logger.warn(
      { connections_max: connectionsMax },
      'CONNECTIONS_MAX is too high for the limit of open files (ulimit -n) or the memory; using a lower value',
    );
  const connections = new Connections(limits, connectionsMax, http);
  const server = createServer({
    // The deadline of the call limits the time for the body.
    requestTimeout: 0,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    requireHostHeader: false,
  });
  // Without it, Node closes a connection when the client sends FIN, and the response is lost. The types lack the option.
  Reflect.set(server, 'httpAllowHalfOpen', true);
  const { accept, snapshot } = acceptor(deps, limits, connections);
  server.on('request', accept);
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    accept(request, response, EXPECTATION),
  );
  server.on('connection', (socket) => connections.open(socket));
  server.on('timeout', (socket) => connections.timedOut(socket));
  refuseMalformed(server, connections, { metrics: http, newRequestId: deps.clock.newId });
  const port = await bind(server, address, deps.logger);
  stack.use(http.watch(snapshot));
  stack.defer(() => drain(server, connections, { ...deps, settleMs: limits.settleMs }));
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
  server.on('error', (error) => logger.error({ err: error }, 'HTTP server error'));
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

type Accept = (request: IncomingMessage, response: ServerResponse, refused?: HttpRefusal) => void;

/** Creates the request listener. Its work per request is on the hot path (bench/, row b). */
function acceptor(deps: HttpServerDeps, limits: HttpLimits, connections: Connections) {
  let activeRequests = 0;
  let bodyBytes = 0;
  const { telemetry, cors, state: stop } = deps;
  const succeeded = telemetry.httpDuration.with('POST', routeOf('/graphql'), '200');

  const accept: Accept = (request, response, refused) => {
    const connection = connections.of(request.socket);
    // Requests after a response with `Connection: close` are not executed (RFC 9112, section 9.6).
    if (!connection || connection.closing) dropBody(request);
    else if (connection.active)
      connections.enqueue(connection, () => begin(connection, request, response, refused));
    else begin(connection, request, response, refused);
  };

  function begin(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    refused: HttpRefusal | undefined,
  ): void {
    const startedMs = performance.now();
    const { headers, method = 'GET', url = '/' } = request;
    const call = new Call({
      // No caller is authenticated: nothing in a request grants authority.
      principal: Principal.anonymous,
      requestId: requestIdOf(headers['x-request-id']) ?? deps.clock.newId(),
      traceparent: single(headers['traceparent']),
      // Deadlines use real time, like the timers that enforce them, even if a test sets the clock.
      nowMs: systemClock.now(),
      timeoutMs: deps.requestTimeoutMs,
    });
    connection.active = true;
    connection.usedMs = startedMs;
    activeRequests += 1;
    let size = 0;
    response.on('close', () => {
      activeRequests -= 1;
      bodyBytes -= size;
      if (!response.writableFinished) abandon(call);
      call[Symbol.dispose]();
      connections.answered(connection);
    });
    const questionMark = url.indexOf('?');
    const path = questionMark < 0 ? url : url.slice(0, questionMark);
    const search = questionMark < 0 ? '' : url.slice(questionMark + 1);
    const header = (name: string): string | undefined => single(headers[name]);

    const refusal =
      refused ??
      (activeRequests > limits.inFlightMax ? TOO_MANY : hostRefusal(request, path, deps.isOwnHost));
    if (refusal) {
      dropBody(request);
      refuse(refusal);
      return;
    }
    // The deadline also limits the time to receive the body, so that an endless body does not hold a slot.
    const refuseLate = (): void => refuse(TOO_LATE);
    call.onAbort(refuseLate);
    // An object, not a function: V8 retains the closure of a function in a long-lived object until a full collection.
    connection.response = response;
    response.on(MALFORMED_BODY, refuse);
    readBody();

    /** Reads the body and executes the request, unless the client disconnects. */
    function readBody(): void {
      let chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => {
        if (response.headersSent) {
          // Slow down only for NO_ROOM: few bodies are too large, but many can be refused for lack of memory at the same time.
          if (response.statusCode !== TOO_LARGE.status) restAfterDrop(request);
          return;
        }
        size += chunk.length;
        bodyBytes += chunk.length;
        if (size <= BODY_SIZE_MAX && bodyBytes <= limits.bodyBytesMax) {
          chunks.push(chunk);
          return;
        }
        refuse(size > BODY_SIZE_MAX ? TOO_LARGE : NO_ROOM);
        bodyBytes -= size;
        size = 0;
        chunks = [];
      });
      request.on('end', () => {
        if (response.headersSent) return;
        const [only = NOTHING] = chunks;
        execute(chunks.length <= 1 ? only : Buffer.concat(chunks, size));
      });
      // The connection has ended, so there is no response.
      request.on('error', () => {});
    }

    function execute(body: Buffer): void {
      connection.response = undefined;
      call.offAbort(refuseLate);
      const { remoteAddress = '' } = request.socket;
      deps.handle({ method, path, search, remoteAddress, header, body, call }).then(answer, fail);
    }

    function answer(result: HttpResponse): void {
      const { body } = result;
      const accepted = headers['accept-encoding'];
      if (accepted === undefined || body.length < COMPRESSED_SIZE_MIN || result.headers['content-encoding'])
        send(result, false);
      else compressed(result, accepted);
      if (result.status === 200 && method === 'POST' && path === '/graphql') succeeded.observe(startedMs);
      else observe(result.status);
    }

    function compressed(result: HttpResponse, accepted: string | string[]): void {
      const encoding = negotiateEncoding(String(accepted));
      if (encoding) compress(result, encoding).then((smaller) => send(smaller ?? result, false), fail);
      else send(result, false);
    }

    function fail(error: unknown): void {
      // The client disconnected, and the call was cancelled.
      if (response.destroyed && error instanceof AppError) return;
      deps.logger.error({ err: error, ...callFields(call) }, 'unexpected error');
      refuse({ status: 500, code: 'INTERNAL', message: asAppError(error).publicMessage });
    }

    /** Sends a refusal instead of the response of the handler and closes the connection. */
    function refuse(refused: HttpRefusal): void {
      connection.response = undefined;
      if (response.headersSent) return;
      connections.dropWaiting(connection);
      send(refusalResponse(refused, call.requestId), true);
      observe(refused.status);
    }

    function send(result: HttpResponse, close: boolean): void {
      if (response.destroyed) return;
      const { status, body } = result;
      const length = Buffer.byteLength(body);
      // While draining, the last response of each connection closes it.
      if (close || (stop.closing && connection.waiting.length === 0)) {
        connection.closing = true;
        response.shouldKeepAlive = false;
      }
      const own = headers.origin === undefined ? result.headers : cors.extend(result.headers, headers.origin);
      if (status === 204 || status === 304)
        response.writeHead(status, { ...own, 'x-request-id': call.requestId });
      else response.writeHead(status, { ...own, 'content-length': length, 'x-request-id': call.requestId });
      if (method === 'HEAD' || length === 0) response.end();
      // As many bytes as characters: ASCII, which Node writes together with the headers in one cheap copy.
      else if (typeof body === 'string') response.end(body, length === body.length ? 'latin1' : 'utf8');
      else response.end(body);
      connections.written(connection);
    }

    function observe(status: number): void {
      const known = METHODS.has(method) ? method : '_OTHER';
      telemetry.httpDuration.observe(startedMs, known, routeOf(path), String(status));
    }
  }

  /** Cancels the call of a client that disconnected or whose connection was cut. */
  function abandon(call: Call): void {
    telemetry.http.abandonedRequests.inc();
    deps.logger.debug(callFields(call), 'the client disconnected before the response was sent');
    call.abort(cancelled());
  }

  const snapshot = () => ({
    activeRequests,
    bodyBytes,
    openConnections: connections.size,
    unsentBytes: connections.unsentBytes,
  });
  return { accept, snapshot };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

/** Returns the request id that the client sent, if its characters are allowed. */
function requestIdOf(value: string | string[] | undefined): string | undefined {
  const id = single(value);
  return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
}
