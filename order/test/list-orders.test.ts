import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { createOrderList, SEARCHED_MAX, type OrderFilter } from '#order/list-store.ts';
import { createClock } from '#platform/clock.ts';
import type { Page } from '#platform/input.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { costOf, type PlanNode } from '#testkit/statement-costs.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const bench = await openServiceBench('order', stack);
const database = stack.use(openDatabase({ url: bench.url, name: 'test', telemetry: createTelemetry() }));
const list = createOrderList(database);

/** Three times as many orders as one page may read, one second apart, of five accounts of very different sizes. */
const COUNT = 3 * SEARCHED_MAX;
const START_MS = Date.UTC(2026, 0, 1);
let nowMs = START_MS;
const clock = createClock(() => nowMs);
const ACCOUNTS = Array.from({ length: 5 }, clock.newId);
interface Row {
  readonly id: string;
  readonly accountId: string;
  readonly total: bigint;
  readonly createdMs: number;
}
/** Newest first. */
const ALL: Row[] = [];
for (let index = 0; index < COUNT; index += 1) {
  nowMs = START_MS + index * 1_000;
  // A power distribution: the first account has most of the orders, the last a few.
  const accountId = ACCOUNTS[Math.floor(5 * (((index * 7919) % COUNT) / COUNT) ** 4)] ?? '';
  ALL.unshift({
    id: clock.newId(),
    accountId,
    total: BigInt((index * 37) % 10_000),
    createdMs: nowMs + (index % 3),
  });
}
await bench.rows(
  `INSERT INTO orders (id, account_id, total_price_minor, created_at)
   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[])`,
  [
    ALL.map(({ id }) => id),
    ALL.map(({ accountId }) => accountId),
    ALL.map(({ total }) => total),
    ALL.map(({ createdMs }) => new Date(createdMs)),
  ],
);
await bench.rows('ANALYZE orders');

const NO_FILTER: OrderFilter = {
  accountIds: [],
  createdFrom: null,
  createdTo: null,
  totalPriceMin: null,
  totalPriceMax: null,
};
const PAGE: Page = { size: 100, skip: 0, afterId: null, beforeId: null, fromEnd: false };
const { signal } = new AbortController();

function expected({
  accountIds,
  createdFrom,
  createdTo,
  totalPriceMin,
  totalPriceMax,
}: OrderFilter): string[] {
  return ALL.filter(
    ({ accountId, createdMs, total }) =>
      (accountIds.length === 0 || accountIds.includes(accountId)) &&
      createdMs >= (createdFrom?.getTime() ?? 0) &&
      createdMs < (createdTo?.getTime() ?? Infinity) &&
      total >= (totalPriceMin ?? 0n) &&
      total <= (totalPriceMax ?? BigInt(COUNT)),
  ).map(({ id }) => id);
}

/** Reads all pages of a list, from either end. `ignoresStop`: known-bad twin that continues from the last order. */
async function walk(
  filter: OrderFilter,
  size: number,
  fromEnd: boolean,
  { ignoresStop = false, of = list } = {},
): Promise<string[]> {
  let seen: string[] = [];
  for (let place: string | null = null, more = true, pages = 0; more; pages += 1) {
    assert.ok(pages < 1_000, 'the list does not end');
    const edge = fromEnd ? { beforeId: place } : { afterId: place };
    const { rows, hasMore, stoppedAtId } = await of(filter, { ...PAGE, size, fromEnd, ...edge }, signal);
    const ids = rows.map(({ id }) => id);
    assert.ok(ids.length === size || stoppedAtId !== null || !hasMore, 'a short page without a reason');
    seen = fromEnd ? [...ids, ...seen] : [...seen, ...ids];
    const last = fromEnd ? seen.at(0) : seen.at(-1);
    place = (ignoresStop ? undefined : stoppedAtId) ?? last ?? null;
    more = ignoresStop ? ids.length === size : hasMore;
  }
  return seen;
}

/** The accounts of all orders instead of the requested accounts. */
const UNNEST_ALL = '(SELECT DISTINCT account_id FROM orders WHERE $10::uuid[] IS NOT NULL)';

const anyMoment = fc.option(
  fc.integer({ min: -10, max: COUNT + 10 }).map((index) => new Date(START_MS + index * 1_000)),
);
const anyTotal = fc.option(fc.integer({ min: 0, max: 10_000 }).map(BigInt));
const anyFilter: fc.Arbitrary<OrderFilter> = fc.record({
  accountIds: fc.subarray(ACCOUNTS),
  createdFrom: anyMoment,
  createdTo: anyMoment,
  totalPriceMin: anyTotal,
  totalPriceMax: anyTotal,
});

suite('the list of all orders', () => {
  test('for any filter, the pages from either end have exactly the matching orders', async () => {
    await fc.assert(
      fc.asyncProperty(anyFilter, fc.boolean(), async (filter, fromEnd) => {
        assert.deepEqual(await walk(filter, 100, fromEnd), expected(filter));
      }),
      { numRuns: 40 },
    );
  });

  test('known-bad twin: a wrong comparison operator and an ignored condition are caught', async () => {
    const [, sample = assert.fail()] = ALL;
    const created = new Date(sample.createdMs);
    const CARELESS: readonly (readonly [OrderFilter, string, string])[] = [
      [{ ...NO_FILTER, createdFrom: created }, 'created_at >= coalesce', 'created_at > coalesce'],
      [{ ...NO_FILTER, createdTo: created }, 'created_at < coalesce', 'created_at <= coalesce'],
      [
        { ...NO_FILTER, totalPriceMin: sample.total },
        'coalesce($7::bigint, 0)',
        'coalesce($7::bigint, 0) + 1',
      ],
      [{ ...NO_FILTER, totalPriceMax: sample.total }, 'coalesce($8::bigint,', 'coalesce($8::bigint - 1,'],
      [{ ...NO_FILTER, accountIds: [sample.accountId] }, 'unnest($10::uuid[])', UNNEST_ALL],
    ];
    for (const [filter, right, wrong] of CARELESS) {
      assert.deepEqual(await walk(filter, 100, false), expected(filter), right);
      const query: Database['query'] = async ({ text }, ...more) => {
        assert.ok(text.includes(right), right);
        return database.query(
          { name: `known-bad ${wrong}`.slice(0, 60), text: text.replace(right, wrong) },
          ...more,
        );
      };
      const knownBad = createOrderList({ query });
      assert.notDeepEqual(await walk(filter, 100, false, { of: knownBad }), expected(filter), wrong);
    }
  });

  // One order in 10,000 has this total, so it is beyond the rows that one page may read.
  const RARE: OrderFilter = { ...NO_FILTER, totalPriceMin: 3n, totalPriceMax: 3n };

  test('a page that ends before it is full returns where to continue; twin: without it, matches are lost', async () => {
    assert.ok(expected(RARE).length > 1);
    for (const accountIds of [[], ACCOUNTS]) {
      const filter = { ...RARE, accountIds };
      for (const fromEnd of [false, true]) {
        assert.deepEqual(await walk(filter, 20, fromEnd), expected(filter));
        assert.notDeepEqual(await walk(filter, 20, fromEnd, { ignoresStop: true }), expected(filter));
      }
    }
  });

  const PERIOD = { createdFrom: new Date(START_MS), createdTo: new Date(START_MS + 10_000) };
  const CASES: readonly (readonly [string, OrderFilter, number])[] = [
    ['no filter', NO_FILTER, PAGE.size + 1],
    ['accounts', { ...NO_FILTER, accountIds: ACCOUNTS }, ACCOUNTS.length * (PAGE.size + 1)],
    ['an old period', { ...NO_FILTER, ...PERIOD }, 200],
    ['an old period with accounts', { ...NO_FILTER, ...PERIOD, accountIds: ACCOUNTS }, 200],
    ['a rare total', RARE, SEARCHED_MAX],
    ['a rare total with accounts', { ...RARE, accountIds: ACCOUNTS }, SEARCHED_MAX],
    ['a total that no order has', { ...NO_FILTER, totalPriceMin: 20_000n }, SEARCHED_MAX],
  ];

  for (const [name, filter, rowsMax] of CASES)
    test(`${name}: one page reads at most ${rowsMax} rows`, async () => {
      for (const fromEnd of [false, true]) {
        const rows = await rowsOf(filter, { ...PAGE, fromEnd }, (text) => text);
        assert.ok(rows <= rowsMax, `${rows} rows`);
      }
    });

  test('known-bad twin: an unbounded search reads all orders', async () => {
    const unbounded = (text: string): string => text.replace('LIMIT $3 OFFSET', 'LIMIT 9 * $3 OFFSET');
    assert.equal(await rowsOf(RARE, PAGE, unbounded), COUNT);
  });
});

/** Counts the rows that the statement of a page reads with a generic plan, as a prepared statement has. */
async function rowsOf(filter: OrderFilter, page: Page, change: (text: string) => string): Promise<number> {
  let sent: { statement: Statement; values: readonly unknown[] } | undefined;
  const query: Database['query'] = async (statement, values, ...more) => {
    sent = { statement, values };
    return database.query(statement, values, ...more);
  };
  await createOrderList({ query })(filter, page, signal);
  assert.ok(sent);
  const client = new pg.Client({ connectionString: bench.url });
  await client.connect();
  try {
    await client.query("SET plan_cache_mode = 'force_generic_plan'");
    await client.query(`PREPARE page AS ${change(sent.statement.text)}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page(${sent.values.map(literal).join(', ')})`,
    );
    const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
    assert.ok(plan);
    return costOf(plan.Plan).rows;
  } finally {
    await client.end();
  }
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `'{${value.join(',')}}'`;
  if (value instanceof Date) return `'${value.toISOString()}'`;
  assert.ok(typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint');
  return `'${value}'`;
}
