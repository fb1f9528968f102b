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

/** A service for tests of the platform alone: one method whose request and answer are `{ reason, domain, metadata }`. */
type Ask = {
  ask: { methodKind: 'unary'; input: typeof ErrorInfoSchema; output: typeof ErrorInfoSchema };
};

export const EchoService = describe('EchoService');
/** The same under another name. */
export const OtherService = describe('OtherService');
/** The same, its method marked as a read. */
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
  // Described here and not generated: the type says by hand what buf would.
  return serviceDesc<Ask>(fileDesc(bytes, [file_platform_pb_error]), 0);
}

export interface Echo {
  readonly implementation: Implementation<EchoService>;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Parsed log lines so far. */
  readonly lines: readonly Record<string, unknown>[];
}

/** The service with its one handler. */
export function implementEcho(ask: AskHandler, service: EchoService = EchoService): Echo {
  const telemetry = createTelemetry();
  const { logger, lines } = memoryLogger();
  return { implementation: implement({ telemetry, logger }, service, { ask }), logger, telemetry, lines };
}

/** How an implementation becomes a client: the two real ways, and the wrong ones against which checks are shown. */
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
