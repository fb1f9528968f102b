import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  create,
  fromBinary,
  toBinary,
  type DescFile,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  type Message,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { Call, cancelled, deadlineExceeded } from '#platform/call.ts';
import {
  AppError,
  asAppError,
  invalid,
  REASONS,
  StartError,
  messageOf,
  type Reason,
} from '#platform/errors.ts';
import { ErrorInfoSchema, StatusSchema } from '#platform/pb/error_pb.js';
import type { Client, Implementation, Method } from '#platform/rpc.ts';
import { traceparentOf } from '#platform/trace.ts';

/** The gRPC side of platform/rpc.ts: the same services over HTTP/2. */

const REQUEST_ID = 'x-request-id';
const TRACEPARENT = 'traceparent';
/** Where the richer error model puts its details (https://grpc.io/docs/guides/error/). */
const DETAILS = 'grpc-status-details-bin';
const DOMAIN = 'fritzy';
/** How long calls under way may take to end once the server is asked to stop. */
const DRAIN_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 1_000;
/** Bytes. The largest answer is a batch of orders, whose lines have at most 16 MB (order/store.ts). */
const MESSAGE_SIZE_MAX = 64 * 1_048_576;
const MESSAGE_LIMITS = {
  'grpc.max_receive_message_length': MESSAGE_SIZE_MAX,
  'grpc.max_send_message_length': MESSAGE_SIZE_MAX,
};
/** No served call goes on for longer than this, whatever deadline the caller names. */
const CALL_TIMEOUT_MS = 30_000;

// What grpc-js would print on standard error reaches the caller as an error too.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  /** What grpc.health.v1 answers, for the server as a whole and for each of its services. */
  setServing(serving: boolean): void;
}

/** Serves over gRPC at `host:port` (port 0: any free one), with grpc.health.v1 and, where asked, reflection. */
export async function serve(
  implementations: readonly Implementation<DescService>[],
  options: { address: string; reflection: boolean; newRequestId: () => string },
): Promise<RpcServer> {
  const server = new grpc.Server(MESSAGE_LIMITS);
  for (const { methods } of implementations) {
    const definitions = methods.map((method) => [method.desc.localName, definitionOf(method)]);
    const handlers = methods.map((method) => [
      method.desc.localName,
      handlerOf(method, options.newRequestId),
    ]);
    server.addService(Object.fromEntries(definitions), Object.fromEntries(handlers));
  }
  if (options.reflection) {
    const all = implementations.map(({ service }) => reflectable(service));
    // One for all of them: a server takes the reflection service once.
    new ReflectionService(Object.assign({}, ...all)).addToServer(server);
  }
  const names = ['', ...implementations.map(({ service }) => service.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error)
        reject(
          new StartError(
            `cannot listen on ${options.address} (${messageOf(error)}): choose another address.`,
          ),
        );
      else resolve(bound);
    });
  });
  return {
    port,
    setServing: (serving) => {
      for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), DRAIN_TIMEOUT_MS);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

function definitionOf(method: Method): grpc.MethodDefinition<Message, Message> {
  return {
    path: `/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encoder(method.desc.input),
    requestDeserialize: decoder(method.desc.input),
    responseSerialize: encoder(method.desc.output),
    responseDeserialize: decoder(method.desc.output),
  };
}

function encoder(schema: DescMessage): (message: Message) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function decoder(schema: DescMessage): (bytes: Buffer) => Message {
  return (bytes) => fromBinary(schema, bytes);
}

function handlerOf(method: Method, newRequestId: () => string): grpc.handleUnaryCall<Message, Message> {
  return (wire, callback) => {
    const nowMs = Date.now();
    const deadline = wire.getDeadline();
    const timeoutMs = (typeof deadline === 'number' ? deadline : deadline.getTime()) - nowMs;
    const call = new Call({
      requestId: header(wire.metadata, REQUEST_ID) ?? newRequestId(),
      traceparent: header(wire.metadata, TRACEPARENT),
      nowMs,
      timeoutMs: Math.min(timeoutMs, CALL_TIMEOUT_MS),
    });
    wire.on('cancelled', () => call.abort(Date.now() >= call.deadlineMs ? deadlineExceeded() : cancelled()));
    method.handle(wire.request, call).then(
      (response) => {
        call[Symbol.dispose]();
        callback(null, response as Message);
      },
      (error: unknown) => {
        call[Symbol.dispose]();
        callback(toStatus(asAppError(error)));
      },
    );
  };
}

function header(metadata: grpc.Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

function toStatus(error: AppError): grpc.StatusObject {
  const code = REASONS[error.reason];
  const info = create(ErrorInfoSchema, {
    reason: error.reason,
    domain: DOMAIN,
    metadata: { ...error.detail },
  });
  const status = create(StatusSchema, {
    code,
    message: error.publicMessage,
    details: [anyPack(ErrorInfoSchema, info)],
  });
  const metadata = new grpc.Metadata();
  metadata.set(DETAILS, Buffer.from(toBinary(StatusSchema, status)));
  return { code, details: error.publicMessage, metadata };
}

/** The files that reflection shows, in the form that @grpc/reflection takes. */
function reflectable(service: DescService): ConstructorParameters<typeof ReflectionService>[0] {
  const files = new Map<string, Buffer>();
  const add = (file: DescFile): void => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
    for (const dependency of file.dependencies) add(dependency);
  };
  add(service.file);
  const fileDescriptorProtos = [...files.values()];
  return {
    [service.typeName]: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos },
  };
}

export interface Connection<S extends DescService> extends AsyncDisposable {
  readonly client: Client<S>;
  /** Rejects if the service cannot be reached within a second. */
  ready(): Promise<void>;
}

/** A client of a service at a `grpc://host:port` URL. Connects on first use and again by itself after a loss. */
export function connect<S extends DescService>(service: S, url: string): Connection<S> {
  const { host } = new URL(url);
  const channel = new grpc.Client(host, grpc.credentials.createInsecure(), {
    ...MESSAGE_LIMITS,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.initial_reconnect_backoff_ms': 100,
  });
  const entries = service.methods.map((desc) => [
    desc.localName,
    callerOf(channel, desc as DescMethodUnary, `/${service.typeName}/${desc.name}`),
  ]);
  return {
    client: Object.fromEntries(entries) as Client<S>,
    ready: () =>
      new Promise((resolve, reject) => {
        channel.waitForReady(Date.now() + READY_TIMEOUT_MS, (error) =>
          error ? reject(new Error(`${service.typeName} cannot be reached at ${host}`)) : resolve(),
        );
      }),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}

function callerOf(channel: grpc.Client, desc: DescMethodUnary, path: string) {
  const encode = encoder(desc.input);
  const decode = decoder(desc.output);
  return (request: Record<string, unknown>, call: Call): Promise<Message> => {
    if (call.ended) return Promise.reject(call.ended);
    return new Promise((resolve, reject) => {
      const metadata = new grpc.Metadata();
      metadata.set(REQUEST_ID, call.requestId);
      metadata.set(TRACEPARENT, traceparentOf(call.trace));
      const message = create(desc.input, request);
      requireWellFormed(message, '');
      const cancel = (): void => wire.cancel();
      const wire = channel.makeUnaryRequest(
        path,
        encode,
        decode,
        message,
        metadata,
        { deadline: call.deadlineMs },
        (error, response) => {
          call.offAbort(cancel);
          if (error) reject(call.ended ?? fromStatus(error));
          else if (response) resolve(response);
          else reject(new AppError('INTERNAL', 'A service gave an empty answer.'));
        },
      );
      call.onAbort(cancel);
    });
  };
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

function fromStatus(error: grpc.ServiceError): AppError {
  const [bytes] = error.metadata?.get(DETAILS) ?? [];
  if (bytes instanceof Buffer) {
    const status = fromBinary(StatusSchema, bytes);
    const [packed] = status.details;
    const info = packed && anyUnpack(packed, ErrorInfoSchema);
    if (info?.domain === DOMAIN && Object.hasOwn(REASONS, info.reason)) {
      return new AppError(info.reason as Reason, status.message, { detail: info.metadata, cause: error });
    }
  }
  switch (error.code) {
    case grpc.status.DEADLINE_EXCEEDED:
      return deadlineExceeded();
    case grpc.status.CANCELLED:
      return cancelled();
    case grpc.status.UNAVAILABLE:
      return new AppError(
        'UNAVAILABLE',
        'A service that is needed cannot be reached. Try again in a moment.',
        { cause: error },
      );
    case grpc.status.RESOURCE_EXHAUSTED:
      return new AppError('RESOURCE_EXHAUSTED', 'Too much was asked at once. Try again with less.', {
        cause: error,
      });
    default:
      return asAppError(error);
  }
}
