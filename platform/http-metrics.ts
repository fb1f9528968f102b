import { Counter, Gauge, type Registry } from 'prom-client';

/** What an HTTP server holds at one moment. */
export interface HttpServerState {
  /** Requests that are being answered. */
  readonly activeRequests: number;
  readonly openConnections: number;
  /** Bytes of the bodies of requests under way. */
  readonly bodyBytes: number;
  /** Bytes of answers that the system has not yet taken for sending. */
  readonly unsentBytes: number;
}

/** Metrics of the HTTP servers of a process. Every label has a closed set of values. */
export interface HttpMetrics {
  /** Adds a server to the gauges, which are read at each scrape: nothing is counted per request. */
  watch(read: () => HttpServerState): Disposable;
  /** Connections that were refused because as many as allowed were open and none was idle. */
  readonly refusedConnections: Counter;
  /** Connections that the server cut, by reason: write_timeout, unsent_bytes, pipelining or connections. */
  readonly cutConnections: Counter<'reason'>;
  /** Requests that the HTTP parser refused, by the code of the refusal. */
  readonly malformedRequests: Counter<'error_type'>;
  /** Requests whose caller went away before the answer was sent. */
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
  gauge('http_server_active_requests', 'Requests that are being answered.', 'activeRequests');
  gauge('http_server_open_connections', 'Connections that are open.', 'openConnections');
  gauge('fritzy_http_body_bytes', 'Bytes of the bodies of requests under way.', 'bodyBytes');
  gauge('fritzy_http_unsent_bytes', 'Bytes of answers that wait to be sent.', 'unsentBytes');
  return {
    watch: (read) => {
      servers.add(read);
      return { [Symbol.dispose]: () => void servers.delete(read) };
    },
    refusedConnections: new Counter({
      registers,
      name: 'fritzy_http_refused_connections_total',
      help: 'Connections that were refused because too many were open.',
    }),
    cutConnections: new Counter({
      registers,
      name: 'fritzy_http_cut_connections_total',
      help: 'Connections that were cut because they held more than they may.',
      labelNames: ['reason'],
    }),
    malformedRequests: new Counter({
      registers,
      name: 'fritzy_http_malformed_requests_total',
      help: 'Requests that the HTTP parser refused.',
      labelNames: ['error_type'],
    }),
    abandonedRequests: new Counter({
      registers,
      name: 'fritzy_http_abandoned_requests_total',
      help: 'Requests whose caller went away before the answer was sent.',
    }),
  };
}
