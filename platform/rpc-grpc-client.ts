import { create, type DescMethodUnary, type DescService, type Message } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import type { Call } from '#platform/call.ts';
import { AppError, invalid } from '#platform/errors.ts';
import { callFields, type Logger } from '#platform/logger.ts';
import { REFRESH_OPTION, targetOf } from '#platform/rpc-grpc-resolver.ts';
import {
  answeredError,
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

/** The calling side of gRPC: several instances of a service, their restarts, and what may be sent again. */

const READY_TIMEOUT_MS = 1_000;
/** The rest between two tries to connect to an instance: it grows no further, so that a restart is noticed at once. */
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 250;
/** How long after the loss of the last connection calls wait for a new one; later ones fail at once. */
export const OUTAGE_WAIT_MS = 2_000;
/** How often a call is sent at the most: it is sent again only if that is safe. */
const ATTEMPTS_MAX = 4;
/** Calls go to all instances in turn, except those that drain or cannot be reached. */
const SERVICE_CONFIG = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });
/** What grpc-js says of a stream that the server has not begun to process (RFC 9113, section 8.7). */
const REFUSED_STREAM = 'Stream refused by server';

export interface ConnectOptions {
  readonly logger: Logger;
  /** The rest between two tries to connect; tests only. */
  readonly reconnectMs?: number;
  /** How long calls wait for a lost connection; OUTAGE_WAIT_MS by default. */
  readonly outageWaitMs?: number;
  /** How often names are looked up again while no connection is lost; tests only. */
  readonly refreshMs?: number;
}

export interface Connection<S extends DescService> extends AsyncDisposable {
  readonly client: Client<S>;
  /** Rejects if the service cannot be reached within a second. */
  ready(): Promise<void>;
}

/**
 * A client of a service at a URL (platform/grpc-url.ts). Connects on first use and again by itself after a loss.
 *
 * While no instance can be reached, calls wait up to OUTAGE_WAIT_MS after the loss, so that a restart costs time and no
 * errors. A call is sent again if it certainly was not processed, or if a lost connection took the answer of a method
 * that is marked `idempotency_level = NO_SIDE_EFFECTS`; never after an answer of the service.
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
  /** While no instance can be reached: resolves when one can be, or when waiting has lasted long enough. */
  current(): Promise<void> | undefined;
}

function watchOutages(client: grpc.Client, waitMs: number): Outages {
  const { READY, SHUTDOWN, TRANSIENT_FAILURE } = grpc.connectivityState;
  const channel = client.getChannel();
  let outage: Promise<void> | undefined;
  const look = (): void => {
    const state = channel.getConnectivityState(false);
    if (state === SHUTDOWN) return;
    if (state === READY) outage = undefined;
    if (state === TRANSIENT_FAILURE && outage === undefined && waitMs > 0) {
      outage = new Promise((resolve) => {
        client.waitForReady(Date.now() + waitMs, () => resolve());
      });
    }
    channel.watchConnectivityState(state, Infinity, look);
  };
  look();
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

  /** Sends the call once. `wire` tells whom it reached. */
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

  /** Whether it is safe to send a call again that got no answer. */
  function isRepeatable(error: grpc.ServiceError, wire: grpc.ClientUnaryCall): boolean {
    if (!isConnectionLoss(error)) return false;
    const neverSent = wire.getPeer() === channel.getChannel().getTarget();
    return isRead || neverSent || error.details === REFUSED_STREAM;
  }

  function failureOf(error: grpc.ServiceError, call: Call): AppError {
    const failure = errorWithoutAnswer(error);
    // The service has no line of it: it did not answer.
    if (failure.reason === 'INTERNAL')
      logger.error({ err: error, rpc_method: name, ...callFields(call) }, 'unexpected answer of a service');
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
          if (error === null) return reject(emptyAnswer(call));
          const answered = answeredError(error);
          if (answered) return reject(answered);
          if (attempts < ATTEMPTS_MAX && isRepeatable(error, wire)) afterOutage(outages, call, attempt);
          else reject(failureOf(error, call));
        });
      };
      afterOutage(outages, call, attempt);
    });

  function emptyAnswer(call: Call): AppError {
    logger.error({ rpc_method: name, ...callFields(call) }, 'a service gave an empty answer');
    return new AppError('INTERNAL', 'A service gave an empty answer.');
  }
}

/** Calls `next` once: at once if an instance can be reached, otherwise after the outage or when the call ends. */
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

/** Text that UTF-8 cannot carry (a lone surrogate) would arrive as other text: it is refused, as in process. */
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
