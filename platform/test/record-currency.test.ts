import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Currency, CurrencySetting } from '#platform/currency.ts';
import { StartError } from '#platform/errors.ts';
import { openDatabase, type Database } from '#platform/postgres/pool.ts';
import { recordCurrency } from '#platform/record-currency.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const postgres = stack.use(await openTestPostgres());

const FIND = { name: 'find_product', text: 'SELECT 1 FROM product LIMIT 1' };
const setting = (code: string, decimals?: number): CurrencySetting => ({ code, decimals });

async function newDatabase(): Promise<Database> {
  const url = await postgres.createDatabase('catalog');
  return stack.use(openDatabase({ url, name: 'catalog', telemetry: createTelemetry() }));
}

/** A database of an earlier release: it has a price and no recorded currency. */
async function newOldDatabase(): Promise<Database> {
  const database = await newDatabase();
  const text = `INSERT INTO product (id, name, description, price_minor, created_at)
    VALUES (gen_random_uuid(), 'Chair', '', 1500, now())`;
  await database.query({ name: 'old_product', text }, []);
  return database;
}

type Start = (database: Database, wanted: CurrencySetting | undefined) => Promise<Currency>;
const start: Start = (database, wanted) =>
  recordCurrency({ name: 'catalog', database, findAmount: FIND }, wanted);
/** Known-bad twin: records the currency but ignores the record. */
const startWithoutCheck: Start = async (database, wanted) => {
  await start(database, wanted).catch(() => {});
  return { code: wanted?.code ?? 'USD', decimals: wanted?.decimals ?? 2 };
};

async function refusal(starting: Promise<Currency>): Promise<string> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StartError, 'the start was not rejected');
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
}

/** Another currency and other decimals are rejected, with the settings to start with. */
async function rejectsOthers(begin: Start): Promise<void> {
  const database = await newDatabase();
  assert.deepEqual(await begin(database, setting('USD')), { code: 'USD', decimals: 2 });
  assert.match(
    await refusal(begin(database, setting('EUR'))),
    /^the catalog database has amounts in USD with 2 decimals, but the settings specify EUR with 2 decimals: start with CURRENCY=USD CURRENCY_DECIMALS=2, or use another database/,
  );
  assert.match(
    await refusal(begin(database, setting('USD', 3))),
    /in USD with 2 decimals, but the settings specify USD with 3 decimals: start with CURRENCY=USD CURRENCY_DECIMALS=2,/,
  );
  assert.deepEqual(await begin(database, setting('USD')), { code: 'USD', decimals: 2 });
}

suite('the currency of a database', () => {
  test('is recorded at the first start; another currency or other decimals are rejected', () =>
    rejectsOthers(start));

  test('known-bad twin: a start that ignores the record is detected', async () => {
    await assert.rejects(rejectsOthers(startWithoutCheck), /the start was not rejected/);
  });

  test('is the recorded one if none is set, USD if none is recorded', async () => {
    const database = await newDatabase();
    assert.deepEqual(await start(database, setting('KWD')), { code: 'KWD', decimals: 3 });
    assert.deepEqual(await start(database, undefined), { code: 'KWD', decimals: 3 });
    assert.deepEqual(await start(await newDatabase(), undefined), { code: 'USD', decimals: 2 });
  });

  test('is recorded once if instances with different settings start concurrently', async () => {
    const database = await newDatabase();
    const codes = ['USD', 'EUR', 'JPY', 'KWD', 'GBP', 'CHF'];
    const outcomes = await Promise.allSettled(codes.map((code) => start(database, setting(code))));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('may have decimals other than those of ISO 4217, and the error names both settings', async () => {
    const database = await newDatabase();
    assert.deepEqual(await start(database, setting('HUF', 0)), { code: 'HUF', decimals: 0 });
    assert.match(
      await refusal(start(database, setting('HUF'))),
      /: start with CURRENCY=HUF CURRENCY_DECIMALS=0,/,
    );
  });
});

suite('the currency of a database of an earlier release', () => {
  test('is taken from the settings if the decimals are unambiguous', async () => {
    assert.deepEqual(await start(await newOldDatabase(), setting('USD')), { code: 'USD', decimals: 2 });
  });

  test('must be set', async () => {
    const database = await newOldDatabase();
    assert.match(
      await refusal(start(database, undefined)),
      /: set CURRENCY to the currency that the gateway had/,
    );
    assert.deepEqual(await start(database, setting('EUR')), { code: 'EUR', decimals: 2 });
  });

  test('must be set with its decimals if Intl differs from ISO 4217', async () => {
    const database = await newOldDatabase();
    assert.match(
      await refusal(start(database, setting('HUF'))),
      /: set CURRENCY_DECIMALS=0 if a price of 1500 is stored as 1500 \(price_minor\), CURRENCY_DECIMALS=2 if it is stored as 150000\.$/,
    );
    assert.deepEqual(await start(database, setting('HUF', 0)), { code: 'HUF', decimals: 0 });
    assert.deepEqual(await start(await newDatabase(), setting('HUF')), { code: 'HUF', decimals: 2 });
  });
});
