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
 * Remote procedure calls from one generated service description. A service is implemented once and then called in
 * process (`inProcess`) or served and called over gRPC (`rpc-grpc.ts`); errors, deadlines and cancellation are the
 * same either way, which platform/test/rpc-contract.test.ts holds.
 */
type Unary<M> = M extends DescMethodUnary<infer I, infer O> ? { input: I; output: O } : never;

/** What a service writes: a function per method. What it throws crosses as an AppError, or as INTERNAL if it is none. */
export type Handlers<S extends DescService> = {
  readonly [K in keyof S['method']]: (
    request: MessageShape<Unary<S['method'][K]>['input']>,
    call: Call,
  ) => Promise<MessageInitShape<Unary<S['method'][K]>['output']>>;
};

/** What a caller uses. Rejects with AppError only. Answers may be shared between callers: never change one. */
export type Client<S extends DescService> = {
  readonly [K in keyof S['method']]: (
    request: MessageInitShape<Unary<S['method'][K]>['input']>,
    call: Call,
  ) => Promise<MessageShape<Unary<S['method'][K]>['output']>>;
};

/** Finds the client of a service. Throws if the caller is not meant to call that service. */
export type ClientOf = <S extends DescService>(service: S) => Client<S>;

/** One method with its description, as transports see it: the types are checked where handlers and clients are made. */
export interface Method {
  readonly desc: DescMethodUnary;
  readonly name: string;
  handle(request: unknown, call: Call): Promise<unknown>;
}

/** A service with its handlers, measured and with unexpected errors logged: ready to be served or called. */
export interface Implementation<S extends DescService> {
  readonly service: S;
  readonly methods: readonly Method[];
}

export interface RpcDeps {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Binds handlers to a service of unary methods; a handler's AppError reaches the caller, anything else as INTERNAL. */
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
        // Expected, and counted by its reason below: no error line.
        if (reason === 'CANCELLED')
          deps.logger.debug({ rpc_method: name, ...callFields(call) }, 'the caller went away');
        deps.telemetry.rpcDuration.observe(startedMs, name, STATUS_NAMES[REASONS[reason]], reason);
        throw appError;
      }
    };
    return { desc: desc as DescMethodUnary, name, handle };
  });
  return { service, methods };
}

/** A client that calls the implementation directly: no copy, no socket, the same outcome as over the wire. */
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
    // The caller does not wait for a handler that is slow to notice that nobody listens any more.
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
