import {
  create,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { Call } from '#platform/call.ts';
import { asAppError, REASONS, STATUS_NAMES } from '#platform/errors.ts';
import { callFields, type Logger } from '#platform/logger.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/**
 * Remote procedure calls from a generated service description. A service is implemented once and then called in process
 * (`inProcess`) or served and called over gRPC (`rpc-grpc.ts`). Errors, deadlines and cancellation behave the same in
 * both cases; platform/test/rpc-contract.test.ts verifies that.
 */
type Unary<M> = M extends DescMethodUnary<infer I, infer O> ? { input: I; output: O } : never;

/**
 * The implementation of a service: a function per method. A thrown AppError reaches the caller; any other error becomes
 * INTERNAL.
 */
export type Handlers<S extends DescService> = {
  readonly [K in keyof S['method']]: (
    request: MessageShape<Unary<S['method'][K]>['input']>,
    call: Call,
  ) => Promise<MessageInitShape<Unary<S['method'][K]>['output']>>;
};

/** The client of a service. Rejects only with AppError. Responses may be shared between callers: do not modify them. */
export type Client<S extends DescService> = {
  readonly [K in keyof S['method']]: (
    request: MessageInitShape<Unary<S['method'][K]>['input']>,
    call: Call,
  ) => Promise<MessageShape<Unary<S['method'][K]>['output']>>;
};

/** Returns the client of a service. Throws if the program does not declare that service as an upstream. */
export type ClientOf = <S extends DescService>(service: S) => Client<S>;

/** A method with its description, as transports use it. Types are checked where handlers and clients are created. */
export interface Method {
  readonly desc: DescMethodUnary;
  readonly name: string;
  handle(request: unknown, call: Call): Promise<unknown>;
}

/** A service with its handlers, instrumented, with unexpected errors logged: ready to be served or called. */
export interface Implementation<S extends DescService> {
  readonly service: S;
  readonly methods: readonly Method[];
}

export interface RpcDeps {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/**
 * Binds handlers to a service of unary methods. A handler's AppError reaches the caller; any other error becomes
 * INTERNAL.
 */
export function implement<S extends DescService>(
  deps: RpcDeps,
  service: S,
  handlers: Handlers<S>,
): Implementation<S> {
  const methods = service.methods.map((desc): Method => {
    if (desc.methodKind !== 'unary') throw new Error(`${desc.name}: only unary methods are supported`);
    const handler = Reflect.get(handlers, desc.localName) as (
      request: unknown,
      call: Call,
    ) => Promise<object>;
    const name = `${service.typeName}/${desc.name}`;
    const succeeded = deps.telemetry.rpcDuration.with(name, 'OK', '');
    const handle = async (request: unknown, call: Call): Promise<unknown> => {
      const startedMs = performance.now();
      try {
        call.throwIfEnded();
        const response = create(
          desc.output,
          (await handler(request, call)) as MessageInitShape<typeof desc.output>,
        );
        succeeded.observe(startedMs);
        return response;
      } catch (error) {
        const appError = asAppError(error);
        if (appError !== error)
          deps.logger.error({ err: error, rpc_method: name, ...callFields(call) }, 'unexpected error');
        const { reason } = appError;
        // Expected and counted by its reason below, so it is not logged as an error.
        if (reason === 'CANCELLED')
          deps.logger.debug({ rpc_method: name, ...callFields(call) }, 'the caller cancelled the request');
        deps.telemetry.rpcDuration.observe(startedMs, name, STATUS_NAMES[REASONS[reason]], reason);
        throw appError;
      }
    };
    return { desc: desc as DescMethodUnary, name, handle };
  });
  return { service, methods };
}

/** A client that calls the implementation directly: no copy, no socket, the same outcome as over gRPC. */
export function inProcess<S extends DescService>(implementation: Implementation<S>): Client<S> {
  const entries = implementation.methods.map((method) => [
    method.desc.localName,
    (request: Record<string, unknown>, caller: Call) => callInProcess(method, request, caller),
  ]);
  return Object.fromEntries(entries) as Client<S>;
}

function callInProcess(method: Method, request: Record<string, unknown>, call: Call): Promise<unknown> {
  if (call.ended) return Promise.reject(call.ended);
  return new Promise((resolve, reject) => {
    // The caller does not wait for a handler that reacts slowly to cancellation.
    call.onAbort(reject);
    method.handle(create(method.desc.input, request), call).then(
      (response) => {
        call.offAbort(reject);
        resolve(response);
      },
      (error: unknown) => {
        call.offAbort(reject);
        reject(asAppError(error));
      },
    );
  });
}
