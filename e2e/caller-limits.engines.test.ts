import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { trustedProxies } from '#graphql/client-address.ts';
import { missingEngine, startRedis } from '#testkit/engines.ts';
import { eventually, startTestShop, type TestGateway } from '#testkit/shop.ts';

/** Limits that several gateways share in a real Redis. */

const PER_SECOND = 50;
const BURST = 200;
const policy = { perSecond: PER_SECOND, burst: BURST };

suite('limits of callers on two gateways', { skip: missingEngine('redis', { own: true }) }, async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const redis = stack.use(await startRedis());
  const shop = stack.use(await startTestShop());
  const callerLimits = { anonymous: policy, account: policy, proxies: trustedProxies(['127.0.0.1']) };
  const start = (cacheUrl: string): Promise<TestGateway> =>
    shop.addGateway({ cacheUrl, config: { callerLimits } });
  const [shared, separate] = await Promise.all(
    [redis.url, 'memory:'].map((cacheUrl) => Promise.all([start(cacheUrl), start(cacheUrl)])),
  );
  let addresses = 0;
  const newAddress = (): string => `198.51.100.${(addresses += 1)}`;

  /** Sends requests to both gateways in turn for some time. Returns the admitted ones and the seconds. */
  async function flood(gateways: readonly TestGateway[], address: string, requests: number) {
    const startedMs = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: requests }, async (_, index) => {
        const gateway = gateways[index % gateways.length] ?? assert.fail();
        const headers = { 'x-forwarded-for': address };
        return (await gateway.graphql('{ __typename }', {}, headers)).status;
      }),
    );
    const admitted = statuses.filter((status) => status === 200).length;
    assert.equal(statuses.filter((status) => status === 429).length, requests - admitted);
    return { admitted, seconds: (performance.now() - startedMs) / 1_000 };
  }

  /** The guarantee: both gateways together admit the burst and the rate, with an error of 1 %. */
  function assertShared({ admitted, seconds }: { admitted: number; seconds: number }): void {
    const most = BURST + PER_SECOND * seconds;
    assert.ok(admitted >= BURST * 0.99 && admitted <= most * 1.01 + 1, `${admitted} of at most ${most}`);
  }

  test('together admit what one of them would', async () => {
    // Both are connected to Redis.
    await eventually(async () => {
      const address = newAddress();
      const [first, second] = shared ?? assert.fail();
      for (let count = 0; count < 5; count++)
        await first.graphql('{ __typename }', {}, { 'x-forwarded-for': address });
      const response = await fetch(`${second.url}/graphql?query={__typename}`, {
        headers: { 'x-forwarded-for': address },
      });
      const left = Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);
      assert.ok(left < BURST - 4, `${left}`);
    });
    assertShared(await flood(shared ?? [], newAddress(), 800));
  });

  test('known-bad twin: gateways that count separately are caught', async () => {
    const outcome = await flood(separate ?? [], newAddress(), 800);
    assert.throws(() => assertShared(outcome), assert.AssertionError);
  });

  test('without Redis, each gateway counts on its own, and no request fails', async () => {
    await redis.kill();
    const { admitted, seconds } = await flood(shared ?? [], newAddress(), 800);
    assert.ok(admitted >= BURST && admitted <= 2 * (BURST + PER_SECOND * seconds) + 2, `${admitted}`);
  });
});
