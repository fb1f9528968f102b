import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { MONEY_DIGITS_MAX, moneyToNumber, parseMoney } from '#graphql/graph/money.ts';
import { AppError } from '#platform/errors.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { startTestShop, type GraphQLResult, type TestShop } from '#testkit/shop.ts';

const MINOR_MAX = 10n ** BigInt(MONEY_DIGITS_MAX) - 1n;
const DIGITS = [0, 2, 3, 4] as const;

const anyDigits = fc.constantFrom(...DIGITS);
const anyMinor = fc.bigInt({ min: -MINOR_MAX, max: MINOR_MAX });
const anyLines = fc.array(
  fc.record({ price: fc.bigInt({ min: 0n, max: 10n ** 9n }), quantity: fc.integer({ min: 1, max: 10_000 }) }),
  { minLength: 1, maxLength: 10 },
);

/** Decimal text with all of its decimal places, made of the digits alone: no arithmetic of the code under test. */
function decimalText(minor: bigint, digits: number): string {
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${minor < 0n ? '-' : ''}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ''}`;
}

/** The same amount as JSON writes it: without zeros behind the last place. */
const shortText = (text: string): string =>
  text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text;

/** Schoolbook addition of two texts of not negative decimals, column by column. */
function addTexts(one: string, other: string): string {
  const [a, b] = [one, other].map((text) => text.split('.'));
  const places = Math.max(a?.[1]?.length ?? 0, b?.[1]?.length ?? 0);
  const columns = Math.max(a?.[0]?.length ?? 0, b?.[0]?.length ?? 0) + places;
  const [x, y] = [a, b].map((part) =>
    `${part?.[0]}${(part?.[1] ?? '').padEnd(places, '0')}`.padStart(columns, '0'),
  );
  let sum = '';
  let carry = 0;
  for (let column = columns - 1; column >= 0; column--) {
    const digit = Number(x?.[column]) + Number(y?.[column]) + carry;
    sum = `${digit % 10}${sum}`;
    carry = digit >= 10 ? 1 : 0;
  }
  sum = `${carry || ''}${sum}`;
  const whole = sum.slice(0, sum.length - places).replace(/^0+(?=.)/, '');
  return places > 0 ? `${whole}.${sum.slice(-places)}` : whole;
}

/** `text` × `times` by doubling and adding texts. */
function multiplyText(text: string, times: number): string {
  if (times === 0) return '0';
  const half = multiplyText(text, Math.floor(times / 2));
  const even = addTexts(half, half);
  return times % 2 === 0 ? even : addTexts(even, text);
}

interface Line {
  /** As the caller writes it. */
  readonly price: string;
  readonly quantity: number;
}

/** Ours: minor units throughout, a double only for the last step onto the wire. */
function totalInMinorUnits(lines: readonly Line[], digits: number): number {
  const total = lines.reduce(
    (sum, { price, quantity }) => sum + BigInt(parseMoney(price, digits)) * BigInt(quantity),
    0n,
  );
  return moneyToNumber(total, digits);
}

/** Deliberately wrong: prices as doubles. */
const totalInDoubles = (lines: readonly Line[]): number =>
  lines.reduce((sum, { price, quantity }) => sum + Number(price) * quantity, 0);

/** True for all lines: the total on the wire is what a person adds up on paper. */
const addsUp = (total: (lines: readonly Line[], digits: number) => number) =>
  fc.property(anyLines, anyDigits, (amounts, digits) => {
    const lines = amounts.map(({ price, quantity }) => ({ price: decimalText(price, digits), quantity }));
    const onPaper = lines
      .map(({ price, quantity }) => multiplyText(price, quantity))
      .reduce((sum, one) => addTexts(sum, one));
    assert.equal(JSON.stringify(total(lines, digits)), shortText(onPaper));
  });

function assertRefused(text: string, digits: number, problem: RegExp): void {
  assert.throws(
    () => parseMoney(text, digits),
    (error) =>
      error instanceof AppError && error.reason === 'INVALID_ARGUMENT' && problem.test(error.publicMessage),
    text,
  );
}

suite('money', () => {
  test('parsing what was printed gives the amount back, for all amounts of up to 15 digits', () => {
    fc.assert(
      fc.property(anyMinor, anyDigits, (minor, digits) => {
        assert.equal(BigInt(parseMoney(decimalText(minor, digits), digits)), minor);
        assert.equal(BigInt(parseMoney(shortText(decimalText(minor, digits)), digits)), minor);
      }),
      { numRuns: 2_000 },
    );
  });

  test('JSON carries every amount as exactly its decimal text', () => {
    fc.assert(
      fc.property(anyMinor, anyDigits, (minor, digits) => {
        const json = JSON.stringify(moneyToNumber(minor, digits));
        assert.equal(json, shortText(decimalText(minor, digits)));
        assert.equal(String(JSON.parse(json)), json);
        assert.equal(BigInt(parseMoney(json, digits)), minor);
      }),
      { numRuns: 2_000 },
    );
  });

  test('sums of products are exactly those of decimal arithmetic on paper', () => {
    assert.equal(multiplyText('1199.99', 2), '2399.98');
    assert.equal(totalInMinorUnits([{ price: '1199.99', quantity: 2 }], 2), 2399.98);
    fc.assert(addsUp(totalInMinorUnits), { numRuns: 1_000 });
  });

  test('known-bad twin: prices as doubles do not add up', () => {
    const { failed, counterexample } = fc.check(addsUp(totalInDoubles), { numRuns: 1_000 });
    assert.ok(failed, `doubles added up: ${JSON.stringify(counterexample, (_, value) => String(value))}`);
  });

  test('garbage, too many decimal places and too many digits are refused with the bound', () => {
    for (const text of [
      '',
      ' 1',
      '1 ',
      '1.',
      '.5',
      '+1',
      '--1',
      '1e3',
      '0x10',
      '1_000',
      '1,5',
      '１',
      '1.2.3',
      'NaN',
      'Infinity',
      '1\n',
    ])
      assertRefused(text, 2, /^money must be a decimal number such as 1199\.99$/);
    assertRefused('1.5', 0, /^money must have at most 0 decimal places$/);
    assertRefused('1.999', 2, /^money must have at most 2 decimal places$/);
    assertRefused('0.0001', 3, /^money must have at most 3 decimal places$/);
    assertRefused('10000000000000', 2, /^money must have at most 15 digits$/);
    assertRefused('9'.repeat(40), 0, /^money must have at most 15 digits$/);
    assertRefused('9'.repeat(41), 0, /^money must have at most 40 characters$/);
    assert.equal(parseMoney('9999999999999.99', 2), 999_999_999_999_999);
    assert.equal(parseMoney('-0', 2), 0);
    assert.equal(parseMoney('0001.5000', 2), 150);
  });

  test('any text is either refused or read as the amount that it says', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.stringMatching(/^-?\d{1,20}(\.\d{1,6})?$/)),
        anyDigits,
        (text, digits) => {
          let minor: number;
          try {
            minor = parseMoney(text, digits);
          } catch (error) {
            assert.ok(error instanceof AppError && error.reason === 'INVALID_ARGUMENT');
            return;
          }
          assert.ok(Number.isSafeInteger(minor));
          assert.equal(moneyToNumber(BigInt(minor), digits), Number(text) + 0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

const postgres = await openTestPostgres();
const shops: Partial<Record<string, TestShop>> = {};
after(async () => {
  for (const shop of Object.values(shops)) await shop?.[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});
const shopIn = async (currency: string): Promise<TestShop> =>
  (shops[currency] ??= await startTestShop({ postgres, currency }));

const MUTATION =
  'mutation($price: Money!) { createProduct(product: { name: "x", price: $price }) { id price } }';

/** Sends `json` as it stands as the variable: JSON has numbers that JavaScript cannot write. */
async function asVariable(shop: TestShop, json: string): Promise<GraphQLResult> {
  const response = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(MUTATION)},"variables":{"price":${json}}}`,
  });
  return { status: response.status, ...((await response.json()) as Omit<GraphQLResult, 'status'>) };
}

const asLiteral = (shop: TestShop, literal: string): Promise<GraphQLResult> =>
  shop.graphql(MUTATION.replace('($price: Money!)', '').replace('$price', literal));

/** All the ways in which a caller can write an amount. */
const ways = (shop: TestShop, text: string): Promise<GraphQLResult[]> =>
  Promise.all([
    asVariable(shop, text),
    asVariable(shop, JSON.stringify(text)),
    asLiteral(shop, text),
    asLiteral(shop, JSON.stringify(text)),
  ]);

suite('money through the API', () => {
  for (const [currency, amounts, tooFine] of [
    ['USD', ['1199.99', '0', '0.01', '0.1', '1', '-0', '9999999999.99'], '1199.999'],
    ['JPY', ['1200', '0', '1', '1000000000000'], '1199.9'],
    ['KWD', ['1199.999', '0.001', '999999999.999'], '0.0001'],
  ] as const) {
    test(`${currency}: an amount comes back as it was written, as number and text, literal and variable`, async () => {
      const shop = await shopIn(currency);
      for (const amount of amounts)
        for (const { data, errors } of await ways(shop, amount)) {
          assert.equal(errors, undefined);
          assert.equal(String(data.createProduct.price), shortText(amount).replace('-0', '0'));
        }
    });

    test(`${currency}: ${tooFine} has too many decimal places and is refused in every way of writing`, async () => {
      for (const result of await ways(await shopIn(currency), tooFine))
        assertUserError(result, /decimal places/);
    });
  }

  test('a negative or too high price is refused with the field and the bound', async () => {
    const shop = await shopIn('USD');
    for (const amount of ['-0.01', '-1199.99', '10000000000.01'])
      for (const result of await ways(shop, amount)) {
        assert.deepEqual(result.data, { createProduct: null });
        assert.equal(result.errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
        assert.equal(result.errors?.[0]?.extensions.field, 'product.price');
        assert.match(result.errors?.[0]?.message ?? '', /from 0 to 1000000000000 minor units/);
      }
  });

  test('numbers outside of all bounds and values that are no amounts are refused', async () => {
    const shop = await shopIn('USD');
    for (const json of [
      '1e400',
      '-1e400',
      '1e21',
      '1e-7',
      'true',
      '{}',
      '[1]',
      '"abc"',
      '""',
      '"1e3"',
      '1199.9900000000002',
    ])
      assertUserError(
        await asVariable(shop, json),
        /^product\.price must be a (decimal |smaller )?number|^product\.price must have at most/,
      );
    for (const literal of ['1e400', '-1e400', '1e21', 'true', '{}', '[1]', 'ABC', '""'])
      assertUserError(
        await asLiteral(shop, literal),
        /^product\.price must be a (decimal |smaller )?number|^product\.price must have at most/,
      );
    assert.equal((await asVariable(shop, '1.2e3')).data.createProduct.price, 1200);
    assert.equal((await asVariable(shop, '-0')).data.createProduct.price, 0);
  });

  test('the total of an order is exactly what a person adds up', async () => {
    const shop = await shopIn('USD');
    const account = await shop.graphql('mutation { createAccount(account: { name: "Ada" }) { id } }');
    await fc.assert(
      fc.asyncProperty(anyLines, async (amounts) => {
        const lines = amounts.map(({ price, quantity }) => ({ price: decimalText(price, 2), quantity }));
        const products = await Promise.all(lines.map(({ price }) => asVariable(shop, price)));
        const { data } = await shop.graphql(
          'mutation($order: OrderInput!) { createOrder(order: $order) { totalPrice } }',
          {
            order: {
              accountId: account.data.createAccount.id,
              products: products.map((product, nr) => ({
                productId: product.data.createProduct.id,
                quantity: lines[nr]?.quantity,
              })),
            },
          },
        );
        const onPaper = lines.reduce(
          (sum, { price, quantity }) => addTexts(sum, multiplyText(price, quantity)),
          '0',
        );
        assert.equal(String(data.createOrder.totalPrice), shortText(onPaper));
      }),
      { numRuns: 30 },
    );
  });
});

/** The caller's mistake, told by GraphQL before anything runs. */
function assertUserError(result: GraphQLResult, problem: RegExp): void {
  assert.equal(result.status, 200);
  assert.ok(!('data' in result));
  const [error] = result.errors ?? [];
  assert.match(error?.message ?? '', problem);
  assert.equal(error?.extensions.code, 'INVALID_ARGUMENT');
  assert.equal(error.extensions.field, 'product.price');
  assert.ok(error.extensions.requestId);
}
