import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { lineIdOf } from '#order/line-id.ts';
import { DESCRIPTION_LENGTH_MAX, truncateDescription } from '#order/order.ts';
import { LINE_BYTES, LINES_BYTES_MAX } from '#order/store.ts';
import { systemClock } from '#platform/clock.ts';
import { NESTED_BATCH_SIZE_MAX } from '#platform/limits.ts';
import { openOrderBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const { bench, clients } = await openOrderBench(stack);

async function product(name: string, description: string): Promise<string> {
  const answer = await clients.catalog.createProduct({ name, description, priceMinor: 100n }, testCall());
  return answer.product?.id ?? '';
}

async function account(): Promise<string> {
  return (await clients.accounts.createAccount({ name: 'Ann' }, testCall())).account?.id ?? '';
}

async function place(accountId: string, productIds: readonly string[]): Promise<string> {
  const products = productIds.map((productId) => ({ productId, quantity: 1 }));
  return (await clients.orders.createOrder({ accountId, products }, testCall())).order?.id ?? '';
}

const linesOf = async (orderIds: string[]) =>
  (await clients.orders.batchGetOrderLines({ orderIds }, testCall())).orders;

const ann = await account();
const lamp = await product('Lamp', 'Bright');
const desk = await product('Desk', 'Wide');

suite('lines of orders', () => {
  test('getOrder and listOrdersByAccounts omit the lines with withoutLines', async () => {
    const id = await place(ann, [lamp, desk]);
    const one = await clients.orders.getOrder({ id, withoutLines: true }, testCall());
    assert.deepEqual([one.order?.totalPriceMinor, one.order?.lines], [200n, []]);
    const read = async (withoutLines: boolean): Promise<number | undefined> => {
      const request = { accountIds: [ann], page: { size: 1 }, withoutLines };
      const { accounts } = await clients.orders.listOrdersByAccounts(request, testCall());
      return accounts[0]?.orders[0]?.lines.length;
    };
    assert.deepEqual([await read(true), await read(false)], [0, 2]);
  });

  test('batchGetOrderLines returns the lines of each order that exists, in the order of its items', async () => {
    const ids = [await place(ann, [lamp, desk]), await place(ann, [desk])];
    const found = new Map(
      (await linesOf([...ids, systemClock.newId()])).map(({ orderId, lines }) => [
        orderId,
        lines.map(({ name, description }) => [name, description]),
      ]),
    );
    assert.equal(found.size, 2);
    assert.deepEqual(found.get(ids[0] ?? ''), [
      ['Lamp', 'Bright'],
      ['Desk', 'Wide'],
    ]);
    assert.deepEqual(found.get(ids[1] ?? ''), [['Desk', 'Wide']]);
    assert.deepEqual(await linesOf([]), []);
  });

  test('batchGetLines returns lines by id; ids of orders and unknown ids are ignored', async () => {
    const orders = [await place(ann, [lamp, desk]), await place(ann, [desk])];
    const lines = (await linesOf(orders)).flatMap((order) => order.lines);
    const missing = orders.flatMap((id) => [id, lineIdOf(id, 2), lineIdOf(systemClock.newId(), 0)]);
    const ids = [...lines.map(({ id }) => id), ...missing];
    const found = (await clients.orders.batchGetLines({ ids }, testCall())).lines;
    assert.equal(lines.length, 3);
    assert.deepEqual(found, lines);
  });

  test('10,001 ids are INVALID_ARGUMENT on orderIds, a text that is not a UUID on its item', async () => {
    const many = Array.from({ length: NESTED_BATCH_SIZE_MAX + 1 }, systemClock.newId);
    for (const [field, ids] of [
      ['orderIds', many],
      ['orderIds[0]', ['x']],
    ] as const)
      await assert.rejects(linesOf([...ids]), { reason: 'INVALID_ARGUMENT', field });
  });

  test('if not all lines fit, the accounts with the most bytes are omitted with all of their orders', async () => {
    const bob = await account();
    const light = [await place(ann, [lamp]), await place(ann, [desk])];
    const heavy = [await place(bob, [lamp]), await place(bob, [desk])];
    // Inserts the lines directly: placing enough orders takes too long.
    const bytesOfLine = LINE_BYTES + 4 * 200 + 4 * DESCRIPTION_LENGTH_MAX;
    await bench.rows(
      `INSERT INTO order_line (order_id, nr, product_id, name, description, price_minor, quantity)
       SELECT $1, nr, $2, repeat('🎈', 200), repeat('🎈', 500), 1, 1 FROM generate_series(1, $3::integer) AS nr`,
      [heavy[0], lamp, Math.ceil(LINES_BYTES_MAX / bytesOfLine)],
    );
    const found = await linesOf([...heavy, ...light]);
    const tooLarge = found.filter((one) => one.tooLarge).map(({ orderId }) => orderId);
    assert.deepEqual(new Set(tooLarge), new Set(heavy));
    for (const { orderId, lines } of found) assert.equal(lines.length, light.includes(orderId) ? 1 : 0);
    await assert.rejects(clients.orders.getOrder({ id: heavy[0] ?? '' }, testCall()), {
      reason: 'RESOURCE_EXHAUSTED',
    });
  });
});

suite('descriptions of order lines', () => {
  test('an order stores 500 characters; a longer description is truncated and ends in an ellipsis', async () => {
    for (const letter of ['x', '🎈']) {
      const whole = letter.repeat(DESCRIPTION_LENGTH_MAX);
      const cut = `${letter.repeat(DESCRIPTION_LENGTH_MAX - 1)}…`;
      for (const [length, kept] of [
        [DESCRIPTION_LENGTH_MAX, whole],
        [DESCRIPTION_LENGTH_MAX + 1, cut],
        [10_000, cut],
      ] as const) {
        assert.equal(truncateDescription(letter.repeat(length)), kept);
        const id = await place(ann, [await product('Long', letter.repeat(length))]);
        assert.equal((await linesOf([id]))[0]?.lines[0]?.description, kept);
        const [stored] = await bench.rows<{ description: string }>(
          'SELECT description FROM order_line WHERE order_id = $1',
          [id],
        );
        assert.equal(stored?.description, kept);
      }
    }
  });

  test('a longer description stored by an earlier release is truncated when it is read', async () => {
    const id = await place(ann, [lamp]);
    await bench.rows(`UPDATE order_line SET description = repeat('🎈', 10000) WHERE order_id = $1`, [id]);
    const [order] = await linesOf([id]);
    assert.equal(order?.lines[0]?.description, truncateDescription('🎈'.repeat(10_000)));
  });
});
