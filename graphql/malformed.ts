import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import type { Connections } from '#graphql/connections.ts';
import { refusalResponse, type HttpRefusal } from '#graphql/http.ts';
import type { HttpMetrics } from '#platform/http-metrics.ts';

/** By the code of Node's error; all other errors are MALFORMED. */
const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    message: 'The headers of the request are larger than 16 KiB.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'BODY_TOO_LARGE',
    message: 'The chunk extensions of the body are larger than 16 KiB.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'DEADLINE_EXCEEDED',
    message: 'The headers of the request were not received in time.',
  },
};
const MALFORMED: HttpRefusal = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The request is not valid HTTP/1.1.',
};
const NO_TUNNEL: HttpRefusal = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: 'This server is not a proxy.',
  headers: { allow: 'GET, HEAD, POST' },
};

/** Emitted on the response if the parser rejects the request body. The listener receives the refusal. */
export const MALFORMED_BODY = Symbol('malformed body');

/** Answers requests that the HTTP parser rejects with a code and a request id, after the earlier requests. */
export function refuseMalformed(
  server: Server,
  connections: Connections,
  deps: { metrics: HttpMetrics; newRequestId: () => string },
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    // Only errors of the parser: errors of the operating system have already closed the connection.
    if (error.code?.startsWith('HPE_') || error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
      refuse(stream, REFUSALS[error.code] ?? MALFORMED);
    else stream.destroy();
  });
  server.on('connect', (_, stream) => refuse(stream, NO_TUNNEL));

  function refuse(stream: Duplex, refusal: HttpRefusal): void {
    const connection = stream instanceof Socket ? connections.of(stream) : undefined;
    if (!connection) {
      stream.destroy();
      return;
    }
    const { socket } = connection;
    // Bytes after the last request of the connection.
    if (connection.closing) return;
    connection.closing = true;
    // Browsers open connections in advance: a connection without a byte has no request to reject.
    if (socket.bytesRead === 0) {
      socket.destroySoon();
      return;
    }
    deps.metrics.malformedRequests.inc({ error_type: refusal.code });
    const { response } = connection;
    if (response && !response.req.complete) {
      response.emit(MALFORMED_BODY, refusal);
      return;
    }
    connection.onIdle = () => {
      connection.onIdle = undefined;
      if (socket.writable) socket.write(formatResponse(refusal, deps.newRequestId()));
      socket.destroySoon();
    };
    if (!connection.active) connection.onIdle();
  }
}

/** Formats a complete HTTP response: Node has no request to which it could respond. */
function formatResponse(refusal: HttpRefusal, requestId: string): string {
  const { status, headers, body } = refusalResponse(refusal, requestId);
  const all = {
    ...headers,
    'content-length': String(body.length),
    connection: 'close',
    'x-request-id': requestId,
    date: new Date().toUTCString(),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', String(body)].join('\r\n');
}
