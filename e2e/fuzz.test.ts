import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { createSchemas } from '#graphql/graph/schema.ts';
import { eventually, startTestShop } from '#testkit/shop.ts';
import { Random } from '#testkit/random.ts';
import { fillShop } from './fill-shop.ts';
import { randomDocument, type Known } from './random-document.ts';
import { hugeRequests, randomRequest, RAW_REQUESTS, type RandomRequest } from './random-request.ts';

/** FUZZ_SEED=<n> node --test e2e/fuzz.test.ts repeats a run; the seed is part of every failure's message. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const REQUESTS = 2_000;
const CONCURRENCY = 16;

const shop = await startTestShop();
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
after(async () => {
  agent.destroy();
  await shop[Symbol.asyncDispose]();
});
const { schema } = createSchemas(2, { name: 'Fritzy', currency: { code: 'USD', decimals: 2 } });
let known: Known;
// In a hook: what fails before the tests start would leave the shop running.
before(async () => {
  known = await fillShop(shop);
});

interface Answered {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string;
  readonly body: string;
}

function send({ method, path, headers, body }: RandomRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(shop.url);
    const request = httpRequest(
      { agent, hostname, port, method, path, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const { statusCode: status = 0, headers: answered } = response;
        const requestId = String(answered['x-request-id'] ?? '');
        buffer(response).then(
          (bytes) =>
            resolve({
              status,
              contentType: answered['content-type'] ?? '',
              requestId,
              body: bytes.toString(),
            }),
          reject,
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Ours and Node's own words that a caller has no business with. */
const INNARDS = new RegExp(
  [
    String.raw`\bat \S+ \(|\bat (async |file:|node:)|node:internal|node_modules|\.[cm]?[jt]s:\d+`,
    String.raw`\b(SELECT|INSERT|UPDATE|DELETE) [\w."(]|\b(relation|column|syntax error at or near) \\?"|pg_|unnest`,
    String.raw`\b(TypeError|RangeError|ReferenceError|SyntaxError)\b|ECONN|ENOENT|at position \d`,
    RegExp.escape(import.meta.dirname.replace(/\/e2e$/, '')),
  ].join('|'),
);

function assertHarmless({ status, contentType, requestId, body }: RawAnswer): void {
  assert.ok(status >= 200 && status < 500, `status ${status}: ${body.slice(0, 500)}`);
  assert.doesNotMatch(body, INNARDS);
  assert.match(requestId, /^[\w.:-]{1,128}$/);
  if (!contentType.includes('json')) {
    assert.ok(status === 404 || status === 200 || status === 302, `status ${status} without JSON`);
    return;
  }
  const { data, errors } = JSON.parse(body) as Answered;
  if (errors === undefined) {
    assert.notEqual(data, undefined);
    return;
  }
  assert.ok(errors.length > 0);
  for (const { message, extensions } of errors) {
    assert.ok(message.length > 0 && message.length < 2_000, 'a message of readable length');
    assert.match(String(extensions?.['code']), /^[A-Z_]+$/);
    assert.notEqual(extensions?.['code'], 'INTERNAL');
    assert.equal(extensions?.['requestId'], requestId);
  }
}

suite('2,000 fuzzed documents and bodies', () => {
  test('none is answered with 5xx, a stack trace, SQL or a path; every error has a code and the request id', async () => {
    const random = new Random(SEED + 1);
    const requests = Array.from({ length: REQUESTS }, () =>
      randomRequest(randomDocument(schema, known, random), random),
    ).concat(hugeRequests());
    const statuses: Record<string, number> = {};
    const waiting = requests.entries();
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (const [nr, request] of waiting) {
        try {
          const answer = await send(request);
          assertHarmless(answer);
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        } catch (cause) {
          const { kind, method, path, headers, body } = request;
          const shown = JSON.stringify({ method, path, headers, body: body.toString().slice(0, 1_000) });
          throw new Error(`FUZZ_SEED=${SEED}, request ${nr}, ${kind}: ${shown}`, { cause });
        }
      }
    });
    await Promise.all(workers);
    for (const status of ['200', '400', '404', '405', '413', '415'])
      assert.ok(
        (statuses[status] ?? 0) > 0,
        `FUZZ_SEED=${SEED}: no ${status} in ${JSON.stringify(statuses)}`,
      );
  });

  test('bytes that are no HTTP are refused without a word about the inside, and inject no header', async () => {
    for (const raw of RAW_REQUESTS) {
      const { hostname, port } = new URL(shop.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      const closed = new Promise((resolve) => {
        socket.once('close', resolve);
      });
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.end(raw);
      await closed;
      const answer = Buffer.concat(chunks).toString();
      assert.match(answer, /^HTTP\/1\.1 [234]\d\d |^$/, JSON.stringify(raw.slice(0, 100)));
      assert.doesNotMatch(answer, INNARDS);
      assert.doesNotMatch(answer, /^x-evil/im);
    }
  });

  test('afterwards the shop answers, is ready, and has logged nothing at level error', async () => {
    const { data, errors } = await shop.graphql('{ accounts(pagination: { take: 100 }) { id } }');
    assert.equal(errors, undefined);
    assert.ok(data.accounts.length >= known.ids.account.length);
    await eventually(async () => assert.equal((await fetch(`${shop.url}/readyz`)).status, 200));
    assert.deepEqual(
      shop.logLines.filter(({ level }) => Number(level) >= 50),
      [],
      `FUZZ_SEED=${SEED}`,
    );
  });

  test('known-bad twin: an answer with 5xx, innards, no code or another request id is caught', () => {
    const answer = (error: object, status = 200): RawAnswer => ({
      status,
      contentType: 'application/json',
      requestId: 'r',
      body: JSON.stringify({ errors: [error] }),
    });
    const extensions = { code: 'INVALID_ARGUMENT', requestId: 'r' };
    assertHarmless(answer({ message: 'name must have 1 to 200 characters', extensions }));
    for (const bad of [
      answer({ message: 'x', extensions }, 500),
      answer({ message: 'x', extensions: { ...extensions, code: 'INTERNAL' } }),
      answer({ message: 'x', extensions: { ...extensions, requestId: 's' } }),
      answer({ message: 'x' }),
      answer({ message: 'x', extensions, stack: new Error('x').stack }),
      answer({ message: 'invalid byte sequence: SELECT id FROM account', extensions }),
      answer({ message: 'relation "account" does not exist', extensions }),
      answer({ message: `cannot open ${import.meta.dirname}`, extensions }),
      { ...answer({}), body: '{}' },
    ])
      assert.throws(() => assertHarmless(bad), assert.AssertionError, bad.body);
  });
});
