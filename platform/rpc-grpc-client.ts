import { create, type DescMethodUnary, type DescService, type Message } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import type { Call } from '#platform/call.ts';
import { AppError, invalid } from '#platform/errors.ts';
import { callFields, type Logger } from '#platform/logger.ts';
import { REFRESH_OPTION, targetOf } from '#platform/rpc-grpc-resolver.ts';
import {
  answeredError,
  AUTHORIZATION,
  decoder,
  encoder,
  errorWithoutAnswer,
  isConnectionLoss,
  MESSAGE_LIMITS,
  REQUEST_ID,
  TRACEPARENT,
} from '#platform/rpc-grpc-wire.ts';
import type { Client } from '#platform/rpc.ts';
import { traceparentOf } from '#platform/trace.ts';

/** The gRPC client: several instances of a service, restarts, and retries. */

const READY_TIMEOUT_MS = 1_000;
/** The backoff between attempts to connect to an instance. It is capped, so that a restart is detected quickly. */
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 250;
/** The time for which calls wait for a new connection after the last one was lost; later calls fail immediately. */
export const OUTAGE_WAIT_MS = 2_000;
/** Maximum attempts of a call. It is retried only if that is safe. */
const ATTEMPTS_MAX = 4;
/** Calls are distributed over all instances, except those that drain or cannot be reached. */
const SERVICE_CONFIG = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });
/** The error text of grpc-js for a stream that the server has not begun to process (RFC 9113, section 8.7). */
const REFUSED_STREAM = 'Stream refused by server';

export interface ConnectOptions {
  readonly logger: Logger;
  /** Replaces the backoff between connection attempts; only for tests. */
  readonly reconnectMs?: number;
  /** The time for which calls wait for a lost connection; OUTAGE_WAIT_MS by default. */
  readonly outageWaitMs?: number;
  /** The interval of name lookups while no connection is lost; only for tests. */
  readonly refreshMs?: number;
}

export interface Connection<S extends DescService> extends AsyncDisposable {
  readonly client: Client<S>;
  /** Rejects if the service cannot be reached within a second. */
  ready(): Promise<void>;
}

/**
 * Creates a client of a service at a URL (platform/grpc-url.ts). It connects on first use and reconnects after a loss.
 *
 * While no instance can be reached, calls wait up to OUTAGE_WAIT_MS after the loss, so that a restart delays calls but
 * does not fail them. A call is retried if it was certainly not processed, or if the connection was lost before the
 * response of a method that is marked `idempotency_level = NO_SIDE_EFFECTS`; never after a response of the service.
 */
export function connect<S extends DescService>(
  service: S,
  url: string,
  options: ConnectOptions,
): Connection<S> {
  const channel = new grpc.Client(targetOf(url), grpc.credentials.createInsecure(), {
    ...MESSAGE_LIMITS,
    'grpc.service_config': SERVICE_CONFIG,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 5_000,
    ...(options.refreshMs !== undefined && { [REFRESH_OPTION]: options.refreshMs }),
    'grpc.initial_reconnect_backoff_ms': options.reconnectMs ?? RECONNECT_FIRST_MS,
    'grpc.max_reconnect_backoff_ms': options.reconnectMs ?? RECONNECT_MAX_MS,
  });
  const outages = watchOutages(channel, options.outageWaitMs ?? OUTAGE_WAIT_MS);
  const entries = service.methods.map((desc) => [
    desc.localName,
    callerOf({ channel, outages, logger: options.logger }, service, desc as DescMethodUnary),
  ]);
  return {
    client: Object.fromEntries(entries) as Client<S>,
    ready: () =>
      new Promise((resolve, reject) => {
        channel.waitForReady(Date.now() + READY_TIMEOUT_MS, (error) =>
          error ? reject(new Error(`${service.typeName} cannot be reached at ${url}`)) : resolve(),
        );
      }),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}

interface Outages {
  /**
   * While no instance can be reached, returns a promise that resolves when one can be reached or the maximum wait has
   * passed.
   */
  current(): Promise<void> | undefined;
}

function watchOutages(client: grpc.Client, waitMs: number): Outages {
  const { READY, SHUTDOWN, TRANSIENT_FAILURE } = grpc.connectivityState;
  const channel = client.getChannel();
  let outage: Promise<void> | undefined;
  const update = (): void => {
    const state = channel.getConnectivityState(false);
    if (state === SHUTDOWN) return;
    if (state === READY) outage = undefined;
    if (state === TRANSIENT_FAILURE && outage === undefined && waitMs > 0) {
      outage = new Promise((resolve) => {
        client.waitForReady(Date.now() + waitMs, () => resolve());
      });
    }
    channel.watchConnectivityState(state, Infinity, update);
  };
  update();
  return { current: () => outage };
}

interface CallerDeps {
  readonly channel: grpc.Client;
  readonly outages: Outages;
  readonly logger: Logger;
}

function callerOf({ channel, outages, logger }: CallerDeps, service: DescService, desc: DescMethodUnary) {
  const name = `${service.typeName}/${desc.name}`;
  const encode = encoder(desc.input);
  const decode = decoder(desc.output);
  const isRead = desc.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS;

  /** Sends the call once. `wire` identifies the peer. */
  function send(
    message: Message,
    call: Call,
    done: (
      error: grpc.ServiceError | null,
      response: Message | undefined,
      wire: grpc.ClientUnaryCall,
    ) => void,
  ): void {
    const metadata = new grpc.Metadata();
    metadata.set(REQUEST_ID, call.requestId);
    if (call.token !== undefined) metadata.set(AUTHORIZATION, `Bearer ${call.token}`);
    metadata.set(TRACEPARENT, traceparentOf(call.trace));
    const cancel = (): void => wire.cancel();
    const options = { deadline: call.deadlineMs };
    const wire: grpc.ClientUnaryCall = channel.makeUnaryRequest(
      `/${name}`,
      encode,
      decode,
      message,
      metadata,
      options,
      (error, response) => {
        call.offAbort(cancel);
        done(error, response, wire);
      },
    );
    call.onAbort(cancel);
  }

  /** Whether it is safe to retry a call that got no response. */
  function isRetryable(error: grpc.ServiceError, wire: grpc.ClientUnaryCall): boolean {
    if (!isConnectionLoss(error)) return false;
    const neverSent = wire.getPeer() === channel.getChannel().getTarget();
    return isRead || neverSent || error.details === REFUSED_STREAM;
  }

  function failureOf(error: grpc.ServiceError, call: Call): AppError {
    const failure = errorWithoutAnswer(error);
    // Log it here: the service did not respond, so it logged nothing.
    if (failure.reason === 'INTERNAL')
      logger.error({ err: error, rpc_method: name, ...callFields(call) }, 'unexpected response of a service');
    return failure;
  }

  return (request: Record<string, unknown>, call: Call): Promise<Message> =>
    new Promise((resolve, reject) => {
      const message = create(desc.input, request);
      requireWellFormed(message, '');
      let attempts = 0;
      const attempt = (): void => {
        if (call.ended) return reject(call.ended);
        attempts += 1;
        send(message, call, (error, response, wire) => {
          if (response) return resolve(response);
          if (call.ended) return reject(call.ended);
          if (error === null) return reject(emptyResponse(call));
          const answered = answeredError(error);
          if (answered) return reject(answered);
          if (attempts < ATTEMPTS_MAX && isRetryable(error, wire)) afterOutage(outages, call, attempt);
          else reject(failureOf(error, call));
        });
      };
      afterOutage(outages, call, attempt);
    });

  function emptyResponse(call: Call): AppError {
    logger.error({ rpc_method: name, ...callFields(call) }, 'a service returned an empty response');
    return new AppError('INTERNAL', 'A service returned an empty response.');
  }
}

/** Calls `next` once: immediately if an instance can be reached, otherwise after the outage or when the call ends. */
function afterOutage(outages: Outages, call: Call, next: () => void): void {
  const outage = outages.current();
  if (outage === undefined) {
    next();
    return;
  }
  let isOver = false;
  const go = (): void => {
    if (isOver) return;
    isOver = true;
    call.offAbort(go);
    next();
  };
  call.onAbort(go);
  void outage.then(go);
}

/** Rejects text that UTF-8 cannot encode (a lone surrogate), as an in-process call does: it would arrive changed. */
function requireWellFormed(value: unknown, field: string): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw invalid(field, 'must be well-formed Unicode');
  } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const [name, part] of Object.entries(value)) {
      const path = Array.isArray(value) ? `${field}[${name}]` : field ? `${field}.${name}` : name;
      requireWellFormed(part, path);
    }
  }
}
