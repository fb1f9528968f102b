import { invalid } from '#platform/errors.ts';

/**
 * Amounts are exact decimals in JSON and whole minor units everywhere else. The bound is 15 digits because a double
 * (IEEE 754 binary64) preserves every decimal of 15 digits: a client that parses the number prints the stored amount.
 */
export const MONEY_DIGITS_MAX = 15;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Characters; the longest amount has 17, and additional zeros are allowed. */
const TEXT_LENGTH_MAX = 40;

/** Converts decimal text such as `1199.99` to minor units, a safe integer, for a currency with `digits` decimal places. */
export function parseMoney(text: string, digits: number): number {
  if (text.length > TEXT_LENGTH_MAX)
    throw invalid('money', `must have at most ${TEXT_LENGTH_MAX} characters`);
  const match = DECIMAL.exec(text);
  if (!match) throw invalid('money', `must be a decimal number such as ${digits === 0 ? '1200' : '1199.99'}`);
  const [, sign, whole = '', fraction = ''] = match;
  const significant = withoutTrailingZeros(fraction);
  if (significant.length > digits) throw invalid('money', `must have at most ${digits} decimal places`);
  const minor = (whole + significant.padEnd(digits, '0')).replace(/^0+(?=.)/, '');
  if (minor.length > MONEY_DIGITS_MAX) throw invalid('money', `must have at most ${MONEY_DIGITS_MAX} digits`);
  return sign === '-' && minor !== '0' ? -Number(minor) : Number(minor);
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** Converts minor units to a decimal number: exact, because both operands are exact doubles and 15 digits round-trip. */
export function moneyToNumber(minor: bigint, digits: number): number {
  return Number(minor) / 10 ** digits;
}
