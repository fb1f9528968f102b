import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { openOrderBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { clients } = await openOrderBench(stack);

const { product } = await clients.catalog.createProduct({ name: 'Lamp', priceMinor: 100n }, testCall());

async function account(name: string): Promise<string> {
  return (await clients.accounts.createAccount({ name }, testCall())).account?.id ?? '';
}

async function place(accountId: string, quantity = 1): Promise<string> {
  const wanted = { accountId, products: [{ productId: product?.id ?? '', quantity }] };
  return (await clients.orders.createOrder(wanted, testCall())).order?.id ?? '';
}

const [ann, bob, cid] = [await account('Ann'), await account('Bob'), await account('Cid')];
const annsOrders: string[] = [];
const bobsOrders: string[] = [];
for (let index = 0; index < 12; index += 1) {
  annsOrders.unshift(await place(ann, index + 1));
  if (index % 4 === 0) bobsOrders.unshift(await place(bob));
}

type Page = { size?: number; skip?: number; afterId?: string; beforeId?: string; fromEnd?: boolean };

async function list(accountIds: string[], page: Page): Promise<Record<string, [string[], boolean]>> {
  const answer = await clients.orders.listOrdersByAccounts({ accountIds, page }, testCall());
  return Object.fromEntries(
    answer.accounts.map((one) => [one.accountId, [one.orders.map((order) => order.id), one.hasMore]]),
  );
}

suite('getOrder', () => {
  test('an order is found with its lines by its id in upper case', async () => {
    const [id = ''] = annsOrders;
    const { order } = await clients.orders.getOrder({ id: id.toUpperCase() }, testCall());
    assert.deepEqual([order?.id, order?.accountId, order?.totalPriceMinor], [id, ann, 1_200n]);
    assert.deepEqual(
      order?.lines.map((line) => [line.name, line.quantity]),
      [['Lamp', 12]],
    );
  });

  test('an unknown id is NOT_FOUND on id, a text that is not a UUID INVALID_ARGUMENT on id', async () => {
    for (const [reason, id] of [
      ['NOT_FOUND', systemClock.newId()],
      ['INVALID_ARGUMENT', 'x'],
    ] as const)
      await assert.rejects(clients.orders.getOrder({ id }, testCall()), { reason, field: 'id' });
  });
});

suite('listOrdersByAccounts', () => {
  test('the orders of each account are returned newest first; accounts without orders are omitted', async () => {
    assert.deepEqual(await list([ann, bob, cid, systemClock.newId()], { size: 5 }), {
      [ann]: [annsOrders.slice(0, 5), true],
      [bob]: [bobsOrders, false],
    });
    assert.deepEqual(await list([], { size: 5 }), {});
    assert.deepEqual(await list([ann, ann], { size: 12 }), { [ann]: [annsOrders, false] });
  });

  test('paging in either direction returns each order once', async () => {
    for (const fromEnd of [false, true]) {
      const seen: string[] = [];
      for (let hasMore = true; hasMore;) {
        const edge = fromEnd ? { beforeId: seen.at(0) ?? '' } : { afterId: seen.at(-1) ?? '' };
        const [ids, more] = (await list([ann], { size: 5, fromEnd, ...edge }))[ann] ?? [[], false];
        if (fromEnd) seen.unshift(...ids);
        else seen.push(...ids);
        hasMore = more;
        assert.ok(seen.length <= annsOrders.length);
      }
      assert.deepEqual(seen, annsOrders);
    }
  });

  for (const [field, ids, page] of [
    ['accountIds', Array.from({ length: 1_001 }, systemClock.newId), { size: 1 }],
    ['accountIds[0]', ['x'], { size: 1 }],
    ['page.size', [ann], { size: -1 }],
    ['page.size', [ann], { size: 101 }],
    ['page.skip', [ann], { size: 1, skip: 1 }],
    ['page.afterId', [ann], { size: 1, afterId: 'x' }],
  ] as const) {
    test(`INVALID_ARGUMENT on ${field}: ${ids.length} ids, ${JSON.stringify(page)}`, async () => {
      await assert.rejects(list([...ids], page), { reason: 'INVALID_ARGUMENT', field });
    });
  }
});
