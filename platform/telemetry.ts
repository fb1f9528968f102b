import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of one process, named by OpenTelemetry's semantic conventions as Prometheus spells them (dots become
 * underscores, seconds as suffix). Every label has a closed set of values: nothing a caller writes becomes a label.
 */
export interface Telemetry {
  readonly registry: Registry;
  /** http.server.request.duration */
  readonly httpDuration: Histogram<'http_request_method' | 'http_route' | 'http_response_status_code'>;
  /** GraphQL has no metric convention yet; the attribute names are the convention's, the field is a root field. */
  readonly operationDuration: Histogram<'graphql_operation_type' | 'graphql_root_field' | 'error_type'>;
  /** rpc.server.call.duration */
  readonly rpcDuration: Histogram<'rpc_method' | 'rpc_response_status_code' | 'error_type'>;
  /** db.client.operation.duration; the summary is the statement's name. */
  readonly sqlDuration: Histogram<'db_namespace' | 'db_query_summary' | 'error_type'>;
  /** messaging.client.published.messages */
  readonly publishedMessages: Counter<'messaging_destination_name'>;
  /** Age of the oldest event that still waits to be published: 0 when none waits. */
  readonly outboxAge: Gauge<'db_namespace'>;
}

/** The bucket bounds that the semantic conventions advise for durations, in seconds, with finer steps below 5 ms. */
const SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

export function createTelemetry(): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const common = { registers: [registry], buckets: SECONDS };
  return {
    registry,
    httpDuration: new Histogram({
      ...common,
      name: 'http_server_request_duration_seconds',
      help: 'Duration of HTTP server requests.',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    }),
    operationDuration: new Histogram({
      ...common,
      name: 'graphql_server_operation_duration_seconds',
      help: 'Duration of GraphQL operations.',
      labelNames: ['graphql_operation_type', 'graphql_root_field', 'error_type'],
    }),
    rpcDuration: new Histogram({
      ...common,
      name: 'rpc_server_call_duration_seconds',
      help: 'Duration of inbound remote procedure calls, in process or over gRPC.',
      labelNames: ['rpc_method', 'rpc_response_status_code', 'error_type'],
    }),
    sqlDuration: new Histogram({
      ...common,
      name: 'db_client_operation_duration_seconds',
      help: 'Duration of PostgreSQL statements.',
      labelNames: ['db_namespace', 'db_query_summary', 'error_type'],
    }),
    publishedMessages: new Counter({
      registers: [registry],
      name: 'messaging_client_published_messages_total',
      help: 'Events handed over to the event log.',
      labelNames: ['messaging_destination_name'],
    }),
    outboxAge: new Gauge({
      registers: [registry],
      name: 'fritzy_outbox_oldest_age_seconds',
      help: 'Age of the oldest event that waits to be published; 0 when none waits.',
      labelNames: ['db_namespace'],
    }),
  };
}

/** Seconds since `startedMs`, a reading of performance.now(). */
export function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1_000;
}
