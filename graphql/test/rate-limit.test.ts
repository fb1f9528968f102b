import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { clientAddress, trustedProxies } from '#graphql/client-address.ts';
import { createRateLimiter, rateLimitHeaders, type RateLimiter } from '#graphql/rate-limit.ts';

const POLICY = { name: 'test', perSecond: 10, burst: 20 };

/** A clock that tests set. */
function limiterAt(create: typeof createRateLimiter = createRateLimiter) {
  let nowMs = 1_000;
  const limiter = create(POLICY, { elapsedMs: () => nowMs });
  return { limiter, wait: (ms: number) => void (nowMs += ms) };
}

const admitMany = (limiter: RateLimiter, key: string, count: number): number =>
  Array.from({ length: count }, () => limiter.admit(key)).filter(({ allowed }) => allowed).length;

/** The guarantee: within any time, a caller gets at most the burst and the rate, and never less than the rate. */
function assertBounded(create: typeof createRateLimiter): void {
  const steps = fc.array(fc.record({ waitMs: fc.nat(500), requests: fc.nat(30) }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const { limiter, wait } = limiterAt(create);
      // A token bucket, the reference.
      let tokens = POLICY.burst;
      for (const { waitMs, requests } of all) {
        wait(waitMs);
        tokens = Math.min(POLICY.burst, tokens + (waitMs * POLICY.perSecond) / 1_000);
        const expected = Math.min(requests, Math.floor(tokens + 1e-6));
        assert.equal(admitMany(limiter, 'a', requests), expected);
        tokens -= expected;
      }
    }),
  );
}

suite('rate limits', () => {
  test('are a token bucket for any sequence of requests and pauses', () => assertBounded(createRateLimiter));

  test('known-bad twin: windows that start again every second are caught', () => {
    const windows: typeof createRateLimiter = (policy, clock) => {
      const counts = new Map<number, number>();
      return {
        policy,
        admit: () => {
          const window = Math.floor(clock.elapsedMs() / 2_000);
          const count = (counts.get(window) ?? 0) + 1;
          counts.set(window, count);
          return { allowed: count <= policy.burst, remaining: 0, resetS: 1, retryAfterS: 1 };
        },
        isExhausted: () => false,
        charge: () => {},
      };
    };
    assert.throws(() => assertBounded(windows));
  });

  test('callers do not affect each other', () => {
    const { limiter } = limiterAt();
    assert.equal(admitMany(limiter, 'a', 100), 20);
    assert.equal(admitMany(limiter, 'b', 100), 20);
  });

  test('a decision says what is left and when to come back', () => {
    const { limiter, wait } = limiterAt();
    const first = limiter.admit('a');
    assert.deepEqual(first, { allowed: true, remaining: 19, resetS: 1, retryAfterS: 0 });
    admitMany(limiter, 'a', 19);
    const refused = limiter.admit('a');
    assert.deepEqual(refused, { allowed: false, remaining: 0, resetS: 2, retryAfterS: 1 });
    assert.deepEqual(rateLimitHeaders(POLICY, refused), {
      'ratelimit-policy': '"test";q=20;w=2',
      ratelimit: '"test";r=0;t=2',
    });
    wait(100);
    assert.equal(admitMany(limiter, 'a', 5), 1);
  });

  test('a charge delays the next requests until it is paid', () => {
    const { limiter, wait } = limiterAt();
    limiter.charge('a', 30);
    const { allowed, retryAfterS } = limiter.admit('a');
    assert.deepEqual([allowed, retryAfterS], [false, 2]);
    wait(1_100);
    assert.equal(limiter.admit('a').allowed, true);
  });
});

suite('the address of a client', () => {
  const proxies = trustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8:1::/48']);
  const cases: readonly [what: string, remote: string, forwarded: string | undefined, expected: string][] = [
    ['without a proxy', '203.0.113.5', undefined, '203.0.113.5'],
    ['an IPv4 address in IPv6 form', '::ffff:203.0.113.5', undefined, '203.0.113.5'],
    ['the header of a stranger is not believed', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['behind a trusted proxy', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['behind two trusted proxies', '10.1.2.3', '198.51.100.1, 192.0.2.1', '198.51.100.1'],
    ['a forged first entry', '10.1.2.3', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
    ['a forged entry behind a trusted one', '10.1.2.3', '1.2.3.4, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['only trusted proxies', '10.1.2.3', '10.4.5.6', '10.4.5.6'],
    ['not an address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['not an address in front', '10.1.2.3', 'x, 198.51.100.1', '198.51.100.1'],
    ['an empty header', '10.1.2.3', '', '10.1.2.3'],
    ['the network of an IPv6 address', '2001:db8:2:3:4:5:6:7', undefined, '2001:db8:2:3::/64'],
    ['another address of it', '2001:DB8:2:3::1', undefined, '2001:db8:2:3::/64'],
    ['a short IPv6 address', '::1', undefined, '0:0:0:0::/64'],
    ['a zone', 'fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
    ['behind a proxy with IPv6', '2001:db8:1::9', '2001:db8:9:8:7::1', '2001:db8:9:8::/64'],
    ['a mapped address in the header', '10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
  ];
  test('a network that does not exist is refused at the start', () => {
    for (const network of ['10.0.0.0/33', '300.0.0.1', '2001:db8::/129', 'g::1'])
      assert.throws(() => trustedProxies([network]), /TRUSTED_PROXIES has/, network);
  });

  for (const [what, remote, forwarded, expected] of cases)
    test(what, () => assert.equal(clientAddress(remote, forwarded, proxies), expected));
});
