import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { MONEY_DIGITS_MAX, moneyToNumber, parseMoney } from '#graphql/graph/money.ts';
import { AppError } from '#platform/errors.ts';
import { addTexts, anyLines, decimalText, multiplyText, shortText } from './text-arithmetic.ts';

const MINOR_MAX = 10n ** BigInt(MONEY_DIGITS_MAX) - 1n;
const DIGITS = [0, 2, 3, 4] as const;

const anyDigits = fc.constantFrom(...DIGITS);
const anyMinor = fc.bigInt({ min: -MINOR_MAX, max: MINOR_MAX });

interface Line {
  /** Decimal text. */
  readonly price: string;
  readonly quantity: number;
}

/** Computes the total in minor units and converts only the result to a double. */
function totalInMinorUnits(lines: readonly Line[], digits: number): number {
  const total = lines.reduce(
    (sum, { price, quantity }) => sum + BigInt(parseMoney(price, digits)) * BigInt(quantity),
    0n,
  );
  return moneyToNumber(total, digits);
}

/** Known-bad: prices as doubles. */
const totalInDoubles = (lines: readonly Line[]): number =>
  lines.reduce((sum, { price, quantity }) => sum + Number(price) * quantity, 0);

/** The property: for all lines, the total in JSON equals the total of decimal arithmetic on text. */
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
  test('formatting and parsing returns the same amount, for all amounts of up to 15 digits', () => {
    fc.assert(
      fc.property(anyMinor, anyDigits, (minor, digits) => {
        assert.equal(BigInt(parseMoney(decimalText(minor, digits), digits)), minor);
        assert.equal(BigInt(parseMoney(shortText(decimalText(minor, digits)), digits)), minor);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the JSON of every amount is exactly its decimal text', () => {
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

  test('totals are exactly those of decimal arithmetic on text', () => {
    assert.equal(multiplyText('1199.99', 2), '2399.98');
    assert.equal(totalInMinorUnits([{ price: '1199.99', quantity: 2 }], 2), 2399.98);
    fc.assert(addsUp(totalInMinorUnits), { numRuns: 1_000 });
  });

  test('known-bad twin: totals of doubles are caught', () => {
    const { failed, counterexample } = fc.check(addsUp(totalInDoubles), { numRuns: 1_000 });
    assert.ok(
      failed,
      `totals of doubles were exact: ${JSON.stringify(counterexample, (_, value) => String(value))}`,
    );
  });

  test('invalid text, too many decimal places and too many digits are rejected with the bound', () => {
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

  test('any text is either rejected or parsed exactly', () => {
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
