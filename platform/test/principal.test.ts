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
type Ask = (input: string, call: Call) => Promise<string>;
/** A mechanism by which callers of a service share its work. */
type Mechanism = (service: Ask) => Ask;

/** A service that takes two turns of the event loop. */
const service: Ask = async (input, call) => {
  const answer = `${input} for ${nameOf(call.principal)}`;
  await nextTurn();
  await nextTurn();
  return answer;
};

/** Inputs that all principals send, some of which look like keys of another principal. */
const INPUTS = ['a', 'b', '', '\n', alice.scope('a'), `${alice.key}a`, `${alice.key}\na`];

/** Concurrent callers of all principals, some with equal inputs: each gets the answer for its own principal. */
async function assertOwnAnswers(mechanism: Mechanism): Promise<void> {
  const ask = mechanism(service);
  const calls: { expected: string; answer: Promise<string> }[] = [];
  for (let round = 0; round < 4; round++) {
    for (const principal of PRINCIPALS) {
      // The principal of another request of the same caller.
      const own = principal.identity ? Principal.of(principal.identity) : principal;
      for (const input of INPUTS) {
        const answer = ask(input, testCall({ principal: own }));
        calls.push({ expected: `${input} for ${nameOf(own)}`, answer });
      }
      if (round % 2 === 1) await nextTurn();
    }
  }
  const answers = await Promise.allSettled(calls.map(({ answer }) => answer));
  assert.deepEqual(
    answers.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason))),
    calls.map(({ expected }) => expected),
  );
}

/** One in-flight read for each input, as in a cache. */
function inFlight(readerOf: (call: Call) => Principal, read: (shared: Call, first: Call) => Call): Mechanism {
  return (ask) => {
    const flights = createReads<string>();
    return async (input, call) => {
      const reader = readerOf(call);
      let flight = flights.of(input, reader);
      if (!flight) {
        flight = startRead(reader, call, 0, (shared) => ask(input, read(shared, call)));
        flights.add([input], flight);
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
    return async (input, call) => {
      last = call;
      const [found] = await cache.get([input], call);
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
    real: (ask) => shareReads((input) => input, ask),
    twin: (ask) => {
      const share = sharePublicReads<{ input: string; first: Call }, string>(
        ({ input }) => input,
        ({ input, first }) => ask(input, first),
      );
      return (input, call) => share({ input, first: call }, call);
    },
  },
  'in-flight reads': { real: inFlight(ownOf, sharedCall), twin: inFlight(anonymousOf, callersCall) },
  'a cache of entities': { real: cached(false, sharedCall), twin: cached(true, callersCall) },
  'keys of one map': {
    real: keyed((principal, input) => principal.scope(input)),
    twin: keyed((principal, input) => principal.key + input),
  },
};

/** Keeps the first answer for a key. */
function keyed(keyOf: (principal: Principal, input: string) => string): Mechanism {
  return (ask) => {
    const answers = new Map<string, Promise<string>>();
    return (input, call) => {
      const key = keyOf(call.principal, input);
      const answer = answers.get(key) ?? ask(input, call);
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
      (input) => input,
      (input, call) => {
        reads += 1;
        return service(input, call);
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
    const text = fc.oneof(fc.string(), fc.constantFrom(...INPUTS));
    const pair = fc.tuple(fc.nat(PRINCIPALS.length - 1), text);
    fc.assert(
      fc.property(pair, pair, ([one, key], [other, otherKey]) => {
        const scoped = PRINCIPALS[one]?.scope(key) === PRINCIPALS[other]?.scope(otherKey);
        assert.equal(scoped, one === other && key === otherKey);
      }),
      { numRuns: 1_000 },
    );
    for (const input of INPUTS.filter((each) => !each.startsWith('\n')))
      assert.equal(Principal.anonymous.scope(input), input, 'the key of the anonymous principal changed');
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
    (input) => input,
    (input, call) => {
      reads += 1;
      return service(input, call);
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
