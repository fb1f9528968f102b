import { toBinary, type DescFile, type DescService, type Message } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, service as healthService } from 'grpc-health-check';
import { bearerToken, unauthenticated, type TokenVerifier } from '#platform/auth/verify-token.ts';
import { Call, cancelled, deadlineExceeded } from '#platform/call.ts';
import { asAppError, StartError, messageOf } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';
import {
  decoder,
  encoder,
  MESSAGE_LIMITS,
  AUTHORIZATION,
  REQUEST_ID,
  toStatus,
  TRACEPARENT,
} from '#platform/rpc-grpc-wire.ts';
import type { Implementation, Method } from '#platform/rpc.ts';

/** The gRPC server: the services of platform/rpc.ts over HTTP/2. */

/** The time limit of calls in progress after the server is requested to stop. */
const DRAIN_TIMEOUT_MS = 10_000;
/** The maximum duration of a call, even if the caller sets a later deadline. */
const CALL_TIMEOUT_MS = 30_000;

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  /** Sets the status in grpc.health.v1 of the server and of each of its services. */
  setServing(serving: boolean): void;
}

export interface ServeOptions {
  readonly address: string;
  readonly reflection: boolean;
  readonly newRequestId: () => string;
  /** Verifies the access tokens of callers; without it, all callers are anonymous. */
  readonly tokens?: TokenVerifier | undefined;
}

/** Serves gRPC at `host:port` (port 0: any free port), with grpc.health.v1 and optionally reflection. */
export async function serve(
  implementations: readonly Implementation<DescService>[],
  options: ServeOptions,
): Promise<RpcServer> {
  const server = new grpc.Server(MESSAGE_LIMITS);
  for (const { methods } of implementations) {
    const definitions = methods.map((method) => [method.desc.localName, definitionOf(method)]);
    const handlers = methods.map((method) => [method.desc.localName, handlerOf(method, options)]);
    server.addService(Object.fromEntries(definitions), Object.fromEntries(handlers));
  }
  if (options.reflection) {
    const all = implementations.map(({ service }) => reflectable(service));
    // One instance for all services: a server accepts the reflection service only once.
    new ReflectionService(Object.assign({}, HEALTH_PACKAGE, ...all)).addToServer(server);
  }
  const names = ['', ...implementations.map(({ service }) => service.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error)
        reject(
          new StartError(
            `cannot listen on ${options.address} (${messageOf(error)}): set LISTEN to another host:port.`,
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

function handlerOf(
  method: Method,
  { newRequestId, tokens }: ServeOptions,
): grpc.handleUnaryCall<Message, Message> {
  return (wire, callback) => {
    const nowMs = Date.now();
    const deadline = wire.getDeadline();
    const timeoutMs = (typeof deadline === 'number' ? deadline : deadline.getTime()) - nowMs;
    const call = new Call({
      // Only a verified access token grants authority.
      principal: Principal.anonymous,
      requestId: header(wire.metadata, REQUEST_ID) ?? newRequestId(),
      traceparent: header(wire.metadata, TRACEPARENT),
      nowMs,
      timeoutMs: Math.min(timeoutMs, CALL_TIMEOUT_MS),
    });
    wire.on('cancelled', () => call.abort(Date.now() >= call.deadlineMs ? deadlineExceeded() : cancelled()));
    const token = tokens && header(wire.metadata, AUTHORIZATION);
    const handled =
      tokens && token !== undefined
        ? handleAs(tokens, token, call, () => method.handle(wire.request, call))
        : method.handle(wire.request, call);
    handled.then(
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

async function handleAs<T>(
  tokens: TokenVerifier,
  authorization: string,
  call: Call,
  handleCall: () => Promise<T>,
): Promise<T> {
  const token = bearerToken(authorization);
  if (token === undefined) throw unauthenticated();
  call.authenticate(await tokens.verify(token, call), token);
  return handleCall();
}

function header(metadata: grpc.Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

type ReflectedPackage = ConstructorParameters<typeof ReflectionService>[0];

/** The file of grpc.health.v1, which grpc-health-check attaches to its message types. */
const HEALTH_PACKAGE: ReflectedPackage = {
  'grpc.health.v1.Health': (healthService['Check'] as unknown as { requestType: ReflectedPackage[string] })
    .requestType,
};

/** The files for reflection, in the format of @grpc/reflection. */
function reflectable(service: DescService): ReflectedPackage {
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
