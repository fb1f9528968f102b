import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createCacheMetrics, type CacheMetrics } from '#platform/cache/metrics.ts';
import { createHttpMetrics, type HttpMetrics } from '#platform/http-metrics.ts';

/**
 * The metrics of one process, named after OpenTelemetry's semantic conventions in the Prometheus format (dots become
 * underscores, seconds as suffix). Every label has a closed set of values: no caller input becomes a label.
 */
export interface Telemetry {
  readonly registry: Registry;
  /** http.server.request.duration by http_request_method, http_route, http_response_status_code */
  readonly httpDuration: Duration;
  /**
   * By graphql_operation_type, graphql_root_field, error_type. There is no OpenTelemetry metric convention for GraphQL
   * yet.
   */
  readonly operationDuration: Duration;
  /** rpc.server.call.duration by rpc_method, rpc_response_status_code, error_type */
  readonly rpcDuration: Duration;
  /** db.client.operation.duration by db_namespace, db_query_summary (the statement's name), error_type */
  readonly sqlDuration: Duration;
  /** messaging.client.published.messages */
  readonly publishedMessages: Counter<'messaging_destination_name'>;
  /** messaging.client.consumed.messages */
  readonly consumedMessages: Counter<'messaging_consumer_group_name' | 'messaging_destination_name'>;
  /** Events that a group has not handled yet, measured every 10 s. */
  readonly consumerLag: Gauge<'messaging_consumer_group_name' | 'messaging_destination_name'>;
  /** Events that failed in a group. */
  readonly deadLetters: Counter<'messaging_consumer_group_name' | 'messaging_destination_name'>;
  /** Age of the oldest event that waits to be published; 0 if none waits. */
  readonly outboxAge: Gauge<'db_namespace'>;
  readonly cache: CacheMetrics;
  readonly http: HttpMetrics;
}

/** A histogram of durations. */
export interface Duration {
  /** Observes the time since `startedMs`, a value of performance.now(), with the given label values. */
  observe(startedMs: number, ...labelValues: string[]): void;
  /** The same with the labels looked up once, for outcomes on the hot path. */
  with(...labelValues: string[]): { observe(startedMs: number): void };
}

/** The bucket bounds for durations in seconds that the semantic conventions recommend, with finer steps below 5 ms. */
const SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Creates the metrics of one process (or of one test), including Node's own, in a separate registry. */
export function createTelemetry(): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = (name: string, help: string, labelNames: string[]): Duration =>
    durationOf(new Histogram({ name, help, labelNames, registers: [registry], buckets: SECONDS }));
  return {
    registry,
    httpDuration: duration('http_server_request_duration_seconds', 'Duration of HTTP server requests.', [
      'http_request_method',
      'http_route',
      'http_response_status_code',
    ]),
    operationDuration: duration(
      'graphql_server_operation_duration_seconds',
      'Duration of GraphQL operations.',
      ['graphql_operation_type', 'graphql_root_field', 'error_type'],
    ),
    rpcDuration: duration(
      'rpc_server_call_duration_seconds',
      'Duration of inbound remote procedure calls, in process or over gRPC.',
      ['rpc_method', 'rpc_response_status_code', 'error_type'],
    ),
    sqlDuration: duration('db_client_operation_duration_seconds', 'Duration of PostgreSQL statements.', [
      'db_namespace',
      'db_query_summary',
      'error_type',
    ]),
    publishedMessages: new Counter({
      registers: [registry],
      name: 'messaging_client_published_messages_total',
      help: 'Events published to the event log.',
      labelNames: ['messaging_destination_name'],
    }),
    consumedMessages: new Counter({
      registers: [registry],
      name: 'messaging_client_consumed_messages_total',
      help: 'Events that a consumer group has handled.',
      labelNames: ['messaging_consumer_group_name', 'messaging_destination_name'],
    }),
    consumerLag: new Gauge({
      registers: [registry],
      name: 'fritzy_consumer_lag_messages',
      help: 'Events that a consumer group has not handled yet.',
      labelNames: ['messaging_consumer_group_name', 'messaging_destination_name'],
    }),
    deadLetters: new Counter({
      registers: [registry],
      name: 'fritzy_dead_letters_total',
      help: 'Events that failed in a consumer group and were moved to the dead letters of their topic.',
      labelNames: ['messaging_consumer_group_name', 'messaging_destination_name'],
    }),
    outboxAge: new Gauge({
      registers: [registry],
      name: 'fritzy_outbox_oldest_age_seconds',
      help: 'Age of the oldest event that waits to be published; 0 if none waits.',
      labelNames: ['db_namespace'],
    }),
    cache: createCacheMetrics(registry),
    http: createHttpMetrics(registry),
  };
}

function durationOf(histogram: Histogram): Duration {
  const since = (startedMs: number): number => (performance.now() - startedMs) / 1_000;
  return {
    observe: (startedMs, ...labelValues) => histogram.labels(...labelValues).observe(since(startedMs)),
    with: (...labelValues) => {
      const child = histogram.labels(...labelValues);
      return { observe: (startedMs) => child.observe(since(startedMs)) };
    },
  };
}
