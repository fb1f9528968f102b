import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { AppError, REASONS, type Reason } from '#platform/errors.ts';
import { ErrorInfoSchema, StatusSchema } from '#platform/pb/error_pb.js';
import { serve, type RpcServer } from '#platform/rpc-grpc.ts';
import { implement } from '#platform/rpc.ts';
import { eventually, testCall } from '#testkit/shop.ts';
import { connectEcho, EchoService, implementEcho, OtherService, serveEcho, urlOf } from './echo-service.ts';

/** The server as other gRPC tools use it. The project's own client is used only where it is under test. */

/** Calls a path with raw request and response bytes. */
function raw(server: RpcServer, path: string, request: Uint8Array): Promise<Buffer> {
  const client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => bytes,
      request,
      new grpc.Metadata(),
      { deadline: Date.now() + 5_000 },
      (error, answer) => (error ? reject(error) : resolve(answer ?? Buffer.alloc(0))),
    );
  }).finally(() => client.close());
}

/** The gRPC status codes of the reasons (https://grpc.io/docs/guides/status-codes/). */
const CODES: Readonly<Record<Reason, grpc.status>> = {
  INVALID_ARGUMENT: grpc.status.INVALID_ARGUMENT,
  INVALID_CURSOR: grpc.status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: grpc.status.DEADLINE_EXCEEDED,
  NOT_FOUND: grpc.status.NOT_FOUND,
  ACCOUNT_NOT_FOUND: grpc.status.FAILED_PRECONDITION,
  PRODUCT_NOT_FOUND: grpc.status.FAILED_PRECONDITION,
  PRODUCT_ARCHIVED: grpc.status.FAILED_PRECONDITION,
  PRICE_CHANGED: grpc.status.FAILED_PRECONDITION,
  IDEMPOTENCY_KEY_REUSED: grpc.status.FAILED_PRECONDITION,
  IDEMPOTENCY_IN_PROGRESS: grpc.status.ABORTED,
  CATEGORY_NOT_FOUND: grpc.status.FAILED_PRECONDITION,
  CATEGORY_LIMIT_EXCEEDED: grpc.status.FAILED_PRECONDITION,
  CATEGORY_NAME_TAKEN: grpc.status.ALREADY_EXISTS,
  VERSION_CONFLICT: grpc.status.ABORTED,
  UNAUTHENTICATED: grpc.status.UNAUTHENTICATED,
  PERMISSION_DENIED: grpc.status.PERMISSION_DENIED,
  INVALID_CREDENTIALS: grpc.status.UNAUTHENTICATED,
  INVALID_TOKEN: grpc.status.INVALID_ARGUMENT,
  TOO_MANY_ATTEMPTS: grpc.status.RESOURCE_EXHAUSTED,
  CANCELLED: grpc.status.CANCELLED,
  RESOURCE_EXHAUSTED: grpc.status.RESOURCE_EXHAUSTED,
  RESPONSE_TOO_LARGE: grpc.status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: grpc.status.UNAVAILABLE,
  INTERNAL: grpc.status.INTERNAL,
};

test('each reason has its gRPC status, and the status details contain it', async () => {
  const { implementation } = implementEcho(async ({ reason }) => {
    const code = reason as Reason;
    throw new AppError(code, `text of ${reason}`, {
      violations: [{ field: 'name', message: 'is bad', code }],
    });
  });
  await using server = await serveEcho(implementation);
  for (const reason of Object.keys(REASONS) as Reason[]) {
    const request = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason }));
    const error = await raw(server, `/${EchoService.typeName}/Ask`, request).then(
      () => assert.fail('resolved'),
      (thrown: unknown) => thrown as grpc.ServiceError,
    );
    assert.equal(error.code, CODES[reason], reason);
    assert.equal(error.details, `text of ${reason}`);
    const [details] = error.metadata.get('grpc-status-details-bin');
    assert.ok(details instanceof Buffer);
    const status = fromBinary(StatusSchema, details);
    assert.equal(status.code, CODES[reason]);
    assert.deepEqual(
      status.details.map(({ typeUrl }) => typeUrl),
      ['type.googleapis.com/google.rpc.ErrorInfo', 'type.googleapis.com/google.rpc.BadRequest'],
    );
  }
});

async function healthOf(server: RpcServer, name: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check'] ?? assert.fail();
  const answer = responseDeserialize(await raw(server, path, requestSerialize({ service: name })));
  return (answer as unknown as { status: string }).status;
}

test('grpc.health.v1 reports the status of the server and of each service', async () => {
  const echo = implementEcho(async () => ({}));
  const other = implement(echo, OtherService, { ask: async () => ({}) });
  const address = '127.0.0.1:0';
  const options = { address, reflection: true, newRequestId: () => 'id' };
  await using server = await serve([echo.implementation, other], options);
  const names = ['', EchoService.typeName, OtherService.typeName];
  for (const name of names)
    assert.equal(await healthOf(server, name), 'NOT_SERVING', 'serving before setServing');
  server.setServing(true);
  for (const name of names) assert.equal(await healthOf(server, name), 'SERVING');
  server.setServing(false);
  for (const name of names) assert.equal(await healthOf(server, name), 'NOT_SERVING');
  await assert.rejects(healthOf(server, 'fritzy.test.v1.Unknown'), { code: grpc.status.NOT_FOUND });
});

/** ServerReflectionRequest.list_services is field 7, file_containing_symbol field 4, both text. */
const askFor = (field: number, text: string): Uint8Array =>
  Uint8Array.from([(field << 3) | 2, text.length, ...Buffer.from(text)]);

async function reflect(server: RpcServer, version: string, request: Uint8Array): Promise<string> {
  const client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  try {
    const stream = client.makeBidiStreamRequest(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => bytes,
      { deadline: Date.now() + 5_000 },
    );
    stream.end(request);
    const answers: Buffer[] = [];
    for await (const answer of stream) answers.push(answer as Buffer);
    return Buffer.concat(answers).toString('latin1');
  } finally {
    client.close();
  }
}

suite('reflection', () => {
  for (const version of ['v1', 'v1alpha']) {
    test(`${version} lists all services and their files if enabled`, async () => {
      const echo = implementEcho(async () => ({}));
      const other = implement(echo, OtherService, { ask: async () => ({}) });
      const options = { address: '127.0.0.1:0', reflection: true, newRequestId: () => 'id' };
      await using server = await serve([echo.implementation, other], options);
      const list = await reflect(server, version, askFor(7, ''));
      for (const name of [EchoService.typeName, OtherService.typeName, 'grpc.health.v1.Health'])
        assert.ok(list.includes(name), name);
      const health = await reflect(server, version, askFor(4, 'grpc.health.v1.Health'));
      assert.ok(health.includes('HealthCheckRequest'));
      const file = await reflect(server, version, askFor(4, OtherService.typeName));
      assert.ok(file.includes('platform/test/OtherService.proto'));
      assert.ok(file.includes('ErrorInfo'));
    });
  }

  test('is not available if disabled', async () => {
    await using server = await serveEcho(implementEcho(async () => ({})).implementation, {
      reflection: false,
    });
    await assert.rejects(reflect(server, 'v1', askFor(7, '')), { code: grpc.status.UNIMPLEMENTED });
  });
});

test('no call runs longer than 30 s, even if the caller sets a later deadline', async () => {
  let leftMs = Infinity;
  const { implementation } = implementEcho(async (_, call) => {
    leftMs = call.deadlineMs - Date.now();
    return {};
  });
  await using server = await serveEcho(implementation);
  await using connection = connectEcho(urlOf(server));
  await connection.client.ask({}, testCall({ timeoutMs: 3_600_000 }));
  assert.ok(leftMs <= 30_000 && leftMs > 0, `${leftMs} ms`);
});

test('a stopped server is UNAVAILABLE, and calls work again after it restarts', async () => {
  const { implementation } = implementEcho(async () => ({ reason: 'here' }));
  let server = await serveEcho(implementation);
  const address = `127.0.0.1:${server.port}`;
  await using connection = connectEcho(urlOf(server));
  await connection.ready();
  assert.equal((await connection.client.ask({}, testCall())).reason, 'here');
  await server[Symbol.asyncDispose]();
  await assert.rejects(connection.client.ask({}, testCall()), { name: 'AppError', reason: 'UNAVAILABLE' });
  await assert.rejects(connection.ready(), /fritzy\.test\.v1\.EchoService cannot be reached/);
  server = await serveEcho(implementation, { address });
  await using _ = server;
  await eventually(async () => assert.equal((await connection.client.ask({}, testCall())).reason, 'here'));
});

test('an address in use is reported in one line', async () => {
  const { implementation } = implementEcho(async () => ({}));
  await using server = await serveEcho(implementation);
  const address = `127.0.0.1:${server.port}`;
  await assert.rejects(serveEcho(implementation, { address }), {
    name: 'StartError',
    message: /^cannot listen on 127\.0\.0\.1:\d+ \([^\n]*\): set LISTEN to another host:port\.$/,
  });
});

test('a response without our error model is mapped by its status', async () => {
  // A server that knows the path but not our error model, such as a proxy.
  for (const [code, reason] of [
    [grpc.status.UNAVAILABLE, 'UNAVAILABLE'],
    [grpc.status.RESOURCE_EXHAUSTED, 'RESOURCE_EXHAUSTED'],
    [grpc.status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'],
    [grpc.status.CANCELLED, 'UNAVAILABLE'],
    [grpc.status.PERMISSION_DENIED, 'INTERNAL'],
  ] as const) {
    const server = new grpc.Server();
    const pass = (bytes: Buffer): Buffer => bytes;
    server.addService(
      {
        ask: {
          path: `/${EchoService.typeName}/Ask`,
          requestStream: false,
          responseStream: false,
          requestSerialize: pass,
          requestDeserialize: pass,
          responseSerialize: pass,
          responseDeserialize: pass,
        },
      },
      { ask: (_: unknown, callback: grpc.sendUnaryData<Buffer>) => callback({ code, details: 'secret' }) },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    await using connection = connectEcho(`grpc://127.0.0.1:${port}`);
    const error: unknown = await connection.client.ask({}, testCall()).catch((thrown: unknown) => thrown);
    server.forceShutdown();
    assert.ok(error instanceof AppError);
    assert.equal(error.reason, reason);
    assert.doesNotMatch(error.publicMessage, /secret/);
  }
});
