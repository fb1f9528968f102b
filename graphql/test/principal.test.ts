import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { AccountService } from '#account/pb/account_pb.js';
import { createBodyCache } from '#graphql/body-cache.ts';
import { cacheEntities } from '#graphql/cached-clients.ts';
import { createDocuments } from '#graphql/documents.ts';
import { createExecutor, type Executed, type Prepared } from '#graphql/execute.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { answerGraphQL, type GraphQLDeps } from '#graphql/graphql-over-http.ts';
import type { HttpRequest } from '#graphql/http.ts';
import type { Call } from '#platform/call.ts';
import { systemClock } from '#platform/clock.ts';
import { sharePublicReads } from '#platform/group.ts';
import { Principal } from '#platform/principal.ts';
import { implement, inProcess, type Handlers } from '#platform/rpc.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { memoryLogger, startTestShop, testCall, type TestShop } from '#testkit/shop.ts';

const identity = { roles: [], scopes: [], tenantRegion: undefined };
const PRINCIPALS = [
  Principal.anonymous,
  Principal.of({ ...identity, subject: 'alice' }),
  Principal.of({ ...identity, subject: 'bob' }),
];
const ID = '0190a1b2-0000-7000-8000-000000000000';
/** A list and a read by id, which uses the account cache. */
const QUERIES = ['{ accounts { name } }', `{ accounts(id: "${ID}") { name } }`];
const ROUNDS = 4;

const nameOf = (call: Call): string => call.principal.identity?.subject ?? 'nobody';

suite('two principals that see different data', () => {
  const stack = new AsyncDisposableStack();
  const telemetry = createTelemetry();
  const { logger } = memoryLogger();
  let shop: TestShop;
  before(async () => {
    shop = stack.use(await startTestShop());
  });
  after(() => stack.disposeAsync());

  /** The services, with an account service that returns a different account to each principal. */
  async function gatewayClients(): Promise<Clients> {
    const mine = (call: Call) => ({ accounts: [{ id: ID, name: nameOf(call), version: 1n }] });
    const refuse = (): never => assert.fail('unexpected call');
    const unused = AccountService.methods.map(({ localName }) => [localName, refuse]);
    const accounts = implement({ telemetry, logger }, AccountService, {
      ...(Object.fromEntries(unused) as Handlers<typeof AccountService>),
      listAccounts: async (_request, call) => mine(call),
      batchGetAccounts: async (_request, call) => mine(call),
    });
    const cache = { url: 'memory:', entriesMax: 100, bytesMax: 100_000 };
    const deps = { logger, telemetry, clock: systemClock, changes: undefined };
    return cacheEntities(cache, { ...shop.clients, accounts: inProcess(accounts) }, deps, stack);
  }

  function depsWith(execute: GraphQLDeps['execute']): GraphQLDeps {
    const bodies = createBodyCache();
    return {
      documents: createDocuments(2, telemetry, { onEvict: bodies.removeOperation }),
      bodies,
      execute,
      logger,
      telemetry,
    };
  }

  /** Sends the same bodies concurrently as all principals, often enough that they are cached. */
  async function assertOwnAnswers(deps: GraphQLDeps): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const requests = QUERIES.flatMap((query) => PRINCIPALS.map((principal) => ({ query, principal })));
      const names = await Promise.all(
        requests.map(async ({ query, principal }) => {
          const { body } = await answerGraphQL(deps, requestOf(query, testCall({ principal })));
          return JSON.parse(String(body)).data?.accounts[0].name;
        }),
      );
      assert.deepEqual(
        names,
        requests.map(({ principal }) => nameOf(testCall({ principal }))),
      );
    }
  }

  test('each gets its own data from equal bodies, equal queries and the account cache', async () => {
    const deps = depsWith(createExecutor(await gatewayClients(), 'open'));
    await assertOwnAnswers(deps);
    for (const query of QUERIES) assert.ok(deps.bodies.get(bodyOf(query)), 'the body is cached');
  });

  test('known-bad twin: equal queries executed once for all with the call of the first caller are caught', async () => {
    const execute = createExecutor(await gatewayClients(), 'open');
    const knownBad = sharePublicReads<{ prepared: Prepared; first: Call }, Executed>(
      ({ prepared }) => prepared.key,
      ({ prepared, first }) => execute(prepared, first),
    );
    const deps = depsWith((prepared, call) => knownBad({ prepared, first: call }, call));
    await assert.rejects(assertOwnAnswers(deps), { name: 'AssertionError' });
  });

  test('known-bad twin: a cached body that includes its first caller is caught', async () => {
    const execute = createExecutor(await gatewayClients(), 'open');
    const senders = new Map<unknown, Call>();
    const deps = depsWith((prepared, call) => {
      const sender = senders.get(prepared) ?? call;
      senders.set(prepared, sender);
      return execute(prepared, sender);
    });
    await assert.rejects(assertOwnAnswers(deps), { name: 'AssertionError' });
  });
});

const bodyOf = (query: string): string => JSON.stringify({ query });

function requestOf(query: string, call: Call): HttpRequest {
  const header = (name: string): string | undefined =>
    name === 'content-type' ? 'application/json' : undefined;
  return {
    method: 'POST',
    path: '/graphql',
    search: '',
    remoteAddress: '127.0.0.1',
    header,
    body: Buffer.from(bodyOf(query)),
    call,
  };
}
