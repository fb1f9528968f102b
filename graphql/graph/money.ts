import { invalid } from '#platform/errors.ts';

/**
 * Exact decimals on the wire, whole minor units everywhere else. A JSON number with at most 15 digits survives the
 * trip through a double unchanged (IEEE 754 binary64 holds every decimal of 15 digits), so that is the bound: what a
 * client prints is what we keep.
 */
export const MONEY_DIGITS_MAX = 15;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Characters; the longest amount has 17, and zeros around it are allowed. */
const TEXT_LENGTH_MAX = 40;

/** Minor units, a safe integer, of decimal text such as `1199.99` in a currency with `digits` decimal places. */
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

/** The decimal number of minor units: exact, since both parts of the division fit a double and 15 digits round-trip. */
export function moneyToNumber(minor: bigint, digits: number): number {
  return Number(minor) / 10 ** digits;
}
