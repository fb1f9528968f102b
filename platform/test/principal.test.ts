import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createEntityCache } from '#platform/cache/entity-cache.ts';
import { createReads, joinRead, startRead } from '#platform/cache/in-flight-reads.ts';
import { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { groupCalls, sharePublicReads, shareReads, type GroupOptions } from '#platform/group.ts';
import { Principal } from '#platform/principal.ts';
import { groupReadsById } from '#platform/read-by-id.ts';
import { thing, thingOptions, type Thing } from '#platform/test/cache-things.ts';
import { implementEcho, OPEN } from '#platform/test/echo-service.ts';
import { ALICE, alice, nameOf, PRINCIPALS } from '#platform/test/principals.ts';
import { testCall } from '#testkit/shop.ts';

/** A service whose answers depend on the principal. */
type Ask = (question: string, call: Call) => Promise<string>;
/** A mechanism by which callers of a service share its work. */
type Mechanism = (service: Ask) => Ask;

/** A service that takes two turns of the event loop. */
const service: Ask = async (question, call) => {
  const answer = `${question} for ${nameOf(call.principal)}`;
  await nextTurn();
  await nextTurn();
  return answer;
};

/** Questions that are the same for all principals, and some that look like keys of another principal. */
const QUESTIONS = ['a', 'b', '', '\n', alice.scope('a'), `${alice.key}a`, `${alice.key}\na`];

/** Concurrent callers of all principals, some with equal questions: each gets the answer for its own principal. */
async function assertOwnAnswers(mechanism: Mechanism): Promise<void> {
  const ask = mechanism(service);
  const asked: { expected: string; answer: Promise<string> }[] = [];
  for (let round = 0; round < 4; round++) {
    for (const principal of PRINCIPALS) {
      // The principal of another request of the same caller.
      const own = principal.identity ? Principal.of(principal.identity) : principal;
      for (const question of QUESTIONS) {
        const answer = ask(question, testCall({ principal: own }));
        asked.push({ expected: `${question} for ${nameOf(own)}`, answer });
      }
      if (round % 2 === 1) await nextTurn();
    }
  }
  const answers = await Promise.allSettled(asked.map(({ answer }) => answer));
  assert.deepEqual(
    answers.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason))),
    asked.map(({ expected }) => expected),
  );
}

/** One in-flight read for each question, as in a cache. */
function inFlight(readerOf: (call: Call) => Principal, read: (shared: Call, first: Call) => Call): Mechanism {
  return (ask) => {
    const flights = createReads<string>();
    return async (question, call) => {
      const reader = readerOf(call);
      let flight = flights.of(question, reader);
      if (!flight) {
        flight = startRead(reader, call, 0, (shared) => ask(question, read(shared, call)));
        flights.add([question], flight);
      }
      return joinRead(flight, call);
    };
  };
}

function cached(isPublic: boolean, read: (shared: Call, last: Call) => Call): Mechanism {
  return (ask) => {
    let last: Call | undefined;
    const load = async (ids: readonly string[], shared: Call): Promise<Thing[]> => {
      const call = read(shared, last ?? shared);
      return Promise.all(ids.map(async (id) => thing(id, 1n, await ask(id, call))));
    };
    const cache = createEntityCache(thingOptions({ load, elapsedMs: () => 0, isPublic }));
    return async (question, call) => {
      last = call;
      const [found] = await cache.get([question], call);
      return found?.text ?? 'nothing';
    };
  };
}

const sharedCall = (shared: Call): Call => shared;
const callersCall = (_shared: Call, caller: Call): Call => caller;
const ownOf = (call: Call): Principal => call.principal;
const anonymousOf = (): Principal => Principal.anonymous;

/** The mechanisms that share work, each with a known-bad twin whose key lacks the principal. */
const MECHANISMS: Readonly<Record<string, { real: Mechanism; twin: Mechanism }>> = {
  'shared reads': {
    real: (ask) => shareReads((question) => question, ask),
    twin: (ask) => {
      const share = sharePublicReads<{ question: string; first: Call }, string>(
        ({ question }) => question,
        ({ question, first }) => ask(question, first),
      );
      return (question, call) => share({ question, first: call }, call);
    },
  },
  'in-flight reads': { real: inFlight(ownOf, sharedCall), twin: inFlight(anonymousOf, callersCall) },
  'a cache of entities': { real: cached(false, sharedCall), twin: cached(true, callersCall) },
  'keys of one map': {
    real: keyed((principal, question) => principal.scope(question)),
    twin: keyed((principal, question) => principal.key + question),
  },
};

/** Keeps the first answer for a key. */
function keyed(keyOf: (principal: Principal, question: string) => string): Mechanism {
  return (ask) => {
    const answers = new Map<string, Promise<string>>();
    return (question, call) => {
      const key = keyOf(call.principal, question);
      const answer = answers.get(key) ?? ask(question, call);
      answers.set(key, answer);
      return answer;
    };
  };
}

suite('no answer reaches another principal', () => {
  for (const [name, { real, twin }] of Object.entries(MECHANISMS))
    test(`${name}; a key without the principal is detected`, async () => {
      await assertOwnAnswers(real);
      await assert.rejects(assertOwnAnswers(twin), { name: 'AssertionError' });
    });

  test('callers of one principal share a read across their requests', async () => {
    let reads = 0;
    const share = shareReads<string, string>(
      (question) => question,
      (question, call) => {
        reads += 1;
        return service(question, call);
      },
    );
    const ask = () => share('a', testCall({ principal: Principal.of(ALICE) }));
    assert.deepEqual(
      await Promise.all([ask(), ask(), ask()]),
      [1, 2, 3].map(() => `a for ${nameOf(alice)}`),
    );
    assert.equal(reads, 1);
  });

  test('keys of principals are equal only for equal identities; the order of roles and scopes does not matter', () => {
    assert.equal(new Set(PRINCIPALS.map(({ key }) => key)).size, PRINCIPALS.length);
    const some = { ...ALICE, roles: ['a', 'b'], scopes: ['c', 'd'] };
    const same = { ...ALICE, roles: ['b', 'a', 'b'], scopes: ['d', 'c'] };
    assert.equal(Principal.of(some).key, Principal.of(same).key);
    assert.notEqual(Principal.of(some).key, Principal.of({ ...some, roles: ['a,b'] }).key);
  });

  test('scoped keys are equal only if principal and key are equal', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(...QUESTIONS));
    const pair = fc.tuple(fc.nat(PRINCIPALS.length - 1), text);
    fc.assert(
      fc.property(pair, pair, ([one, key], [other, otherKey]) => {
        const scoped = PRINCIPALS[one]?.scope(key) === PRINCIPALS[other]?.scope(otherKey);
        assert.equal(scoped, one === other && key === otherKey);
      }),
      { numRuns: 1_000 },
    );
    for (const question of QUESTIONS.filter((each) => !each.startsWith('\n')))
      assert.equal(
        Principal.anonymous.scope(question),
        question,
        'the key of the anonymous principal changed',
      );
  });

  test('a call cannot join work that runs as another principal', () => {
    for (const own of PRINCIPALS.slice(1))
      for (const other of PRINCIPALS) {
        using shared = Call.shared(own, testCall({ principal: own }));
        const join = (): void => shared.join(testCall({ principal: other }));
        if (own === other) assert.doesNotThrow(join);
        else assert.throws(join, /another principal/);
      }
  });
});

test('concurrent callers of all principals share one public read, which runs as the anonymous principal', async () => {
  let reads = 0;
  const share = sharePublicReads<string, string>(
    (question) => question,
    (question, call) => {
      reads += 1;
      return service(question, call);
    },
  );
  const answers = await Promise.all(PRINCIPALS.map((principal) => share('a', testCall({ principal }))));
  assert.deepEqual(new Set(answers), new Set(['a for "anonymous"']));
  assert.equal(reads, 1);
});

suite('callers of all principals in one group', () => {
  type Group = (options: GroupOptions<string, string>) => (input: string, call: Call) => Promise<string>;

  /** Each caller's input is rejected or answered with a text about that caller. */
  async function assertNothingLeaks(group: Group): Promise<void> {
    const groups: number[] = [];
    const join = group({
      run: async (inputs) => {
        groups.push(inputs.length);
        return inputs.map((input, index) =>
          index % 2 === 0 ? `done for ${input}` : new AppError('NOT_FOUND', `refused for ${input}`),
        );
      },
      sizeMax: 100,
      queueMax: 100,
      concurrency: 1,
    });
    const outcomes = await Promise.allSettled(
      PRINCIPALS.map((principal) => join(nameOf(principal), testCall({ principal }))),
    );
    assert.deepEqual(groups, [PRINCIPALS.length], 'one round trip');
    for (const [index, outcome] of outcomes.entries()) {
      const text = outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason.publicMessage);
      assert.ok(text.endsWith(` for ${nameOf(PRINCIPALS[index] ?? alice)}`), text);
    }
  }

  test('each caller gets only the outcome of its own input; mixed outcomes are detected', async () => {
    await assertNothingLeaks(groupCalls);
    const misordered: Group = (options) =>
      groupCalls({
        ...options,
        run: async (inputs, signal) => (await options.run(inputs, signal)).toReversed(),
      });
    await assert.rejects(assertNothingLeaks(misordered), { name: 'AssertionError' });
  });

  test('reads by id return to each caller the rows that it requested', async () => {
    const read = groupReadsById(async (ids) => ids.map((id) => ({ id })));
    const answers = await Promise.all(
      PRINCIPALS.map((principal) => read([nameOf(principal), 'common'], testCall({ principal }))),
    );
    assert.deepEqual(
      answers,
      PRINCIPALS.map((principal) => [{ id: nameOf(principal) }, { id: 'common' }]),
    );
  });
});

for (const [link, seen] of [
  ['in-process', alice],
  ['grpc', Principal.anonymous],
] as const)
  test(`a service called ${link} sees ${link === 'grpc' ? 'the anonymous principal: no principal is sent over the wire' : "the call's principal"}`, async () => {
    await using stack = new AsyncDisposableStack();
    const { implementation } = implementEcho(async (_request, call) => ({ reason: nameOf(call.principal) }));
    const client = await OPEN[link](implementation, stack);
    const { reason } = await client.ask({}, testCall({ principal: alice }));
    assert.equal(reason, nameOf(seen));
  });
