import { create, toBinary } from '@bufbuild/protobuf';
import { fileDesc, serviceDesc, type GenService } from '@bufbuild/protobuf/codegenv2';
import { base64Encode } from '@bufbuild/protobuf/wire';
import {
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel as IdempotencyLevel,
} from '@bufbuild/protobuf/wkt';
import { systemClock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { file_platform_pb_error, type ErrorInfoSchema } from '#platform/pb/error_pb.js';
import { connect, type Connection, type ConnectOptions } from '#platform/rpc-grpc-client.ts';
import { serve, type RpcServer } from '#platform/rpc-grpc.ts';
import { implement, inProcess, type Client, type Handlers, type Implementation } from '#platform/rpc.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';
import { memoryLogger, type LinkKind } from '#testkit/shop.ts';

/**
 * A service for tests that use only the platform: one method whose request and response are `{ reason, domain, metadata
 * }`.
 */
type Ask = {
  ask: { methodKind: 'unary'; input: typeof ErrorInfoSchema; output: typeof ErrorInfoSchema };
};

export const EchoService = describe('EchoService');
/** The same service with another name. */
export const OtherService = describe('OtherService');
/** The same service with its method marked as a read. */
export const ReadService = describe('ReadService', IdempotencyLevel.NO_SIDE_EFFECTS);
export type EchoService = typeof EchoService;
export type AskHandler = Handlers<EchoService>['ask'];

function describe(name: string, idempotencyLevel = IdempotencyLevel.IDEMPOTENCY_UNKNOWN): GenService<Ask> {
  const message = '.google.rpc.ErrorInfo';
  const file = create(FileDescriptorProtoSchema, {
    name: `platform/test/${name}.proto`,
    package: 'fritzy.test.v1',
    dependency: [file_platform_pb_error.proto.name],
    service: [
      {
        name,
        method: [{ name: 'Ask', inputType: message, outputType: message, options: { idempotencyLevel } }],
      },
    ],
    syntax: 'proto3',
  });
  const bytes = base64Encode(toBinary(FileDescriptorProtoSchema, file));
  // Defined here instead of generated, so the type is written by hand.
  return serviceDesc<Ask>(fileDesc(bytes, [file_platform_pb_error]), 0);
}

export interface Echo {
  readonly implementation: Implementation<EchoService>;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** The parsed log lines so far. */
  readonly lines: readonly Record<string, unknown>[];
}

/** Implements the service with its handler. */
export function implementEcho(ask: AskHandler, service: EchoService = EchoService): Echo {
  const telemetry = createTelemetry();
  const { logger, lines } = memoryLogger();
  return { implementation: implement({ telemetry, logger }, service, { ask }), logger, telemetry, lines };
}

/** Creates a client of an implementation: in process, over gRPC, or by a known-bad variant. */
export type Open = (
  implementation: Implementation<EchoService>,
  stack: AsyncDisposableStack,
) => Promise<Client<EchoService>>;

export const OPEN: Readonly<Record<LinkKind, Open>> = {
  'in-process': async (implementation) => inProcess(implementation),
  grpc: async (implementation, stack) => {
    const server = stack.use(await serveEcho(implementation));
    return stack.use(connectEcho(urlOf(server))).client;
  },
};

export function serveEcho(
  implementation: Implementation<EchoService>,
  options: { reflection?: boolean; address?: string } = {},
): Promise<RpcServer> {
  return serve([implementation], {
    address: options.address ?? '127.0.0.1:0',
    reflection: options.reflection ?? false,
    newRequestId: systemClock.newId,
  });
}

export function connectEcho(
  url: string,
  { service = EchoService, ...options }: Partial<ConnectOptions> & { service?: EchoService } = {},
): Connection<EchoService> {
  return connect(service, url, { logger: memoryLogger().logger, ...options });
}

export function urlOf(server: RpcServer): string {
  return `grpc://127.0.0.1:${server.port}`;
}
