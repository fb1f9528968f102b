import { Counter, Gauge, type Registry } from 'prom-client';

/** A snapshot of an HTTP server. */
export interface HttpServerState {
  /** Requests in progress. */
  readonly activeRequests: number;
  readonly openConnections: number;
  /** Bytes of request bodies held for requests in progress. */
  readonly bodyBytes: number;
  /** Response bytes that are not yet handed over to the operating system. */
  readonly unsentBytes: number;
}

/** Metrics of the HTTP servers of a process. Every label has a closed set of values. */
export interface HttpMetrics {
  /** Adds a server to the gauges, which are read at each scrape: nothing is counted per request. */
  watch(read: () => HttpServerState): Disposable;
  /** Connections rejected because the limit was reached and none was idle. */
  readonly refusedConnections: Counter;
  /** Connections closed by the server, by reason: write_timeout, unsent_bytes, pipelining or connections. */
  readonly cutConnections: Counter<'reason'>;
  /** Requests rejected by the HTTP parser, by error code. */
  readonly malformedRequests: Counter<'error_type'>;
  /** Requests whose client disconnected before the response was sent. */
  readonly abandonedRequests: Counter;
}

/** Registers the metrics of all HTTP servers of a process. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const servers = new Set<() => HttpServerState>();
  const gauge = (name: string, help: string, field: keyof HttpServerState): Gauge =>
    new Gauge({
      registers,
      name,
      help,
      collect() {
        let sum = 0;
        for (const read of servers) sum += read()[field];
        this.set(sum);
      },
    });
  gauge('http_server_active_requests', 'Requests in progress.', 'activeRequests');
  gauge('http_server_open_connections', 'Open connections.', 'openConnections');
  gauge('fritzy_http_body_bytes', 'Bytes of request bodies held for requests in progress.', 'bodyBytes');
  gauge('fritzy_http_unsent_bytes', 'Response bytes that wait to be sent.', 'unsentBytes');
  return {
    watch: (read) => {
      servers.add(read);
      return { [Symbol.dispose]: () => void servers.delete(read) };
    },
    refusedConnections: new Counter({
      registers,
      name: 'fritzy_http_refused_connections_total',
      help: 'Connections rejected because too many were open.',
    }),
    cutConnections: new Counter({
      registers,
      name: 'fritzy_http_cut_connections_total',
      help: 'Connections closed because they exceeded a limit.',
      labelNames: ['reason'],
    }),
    malformedRequests: new Counter({
      registers,
      name: 'fritzy_http_malformed_requests_total',
      help: 'Requests rejected by the HTTP parser.',
      labelNames: ['error_type'],
    }),
    abandonedRequests: new Counter({
      registers,
      name: 'fritzy_http_abandoned_requests_total',
      help: 'Requests whose client disconnected before the response was sent.',
    }),
  };
}
