import fc from 'fast-check';

/** Prices in minor units and quantities of the lines of an order. */
export const anyLines = fc.array(
  fc.record({ price: fc.bigInt({ min: 0n, max: 10n ** 9n }), quantity: fc.integer({ min: 1, max: 10_000 }) }),
  { minLength: 1, maxLength: 10 },
);

/** Formats an amount with all decimal places from its digits alone, independent of the code under test. */
export function decimalText(minor: bigint, digits: number): string {
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${minor < 0n ? '-' : ''}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ''}`;
}

/** Formats the amount as in JSON: without trailing zeros. */
export const shortText = (text: string): string =>
  text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text;

/** Adds two texts of non-negative decimals column by column. */
export function addTexts(one: string, other: string): string {
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

/** Multiplies a text by `times` by doubling and adding texts. */
export function multiplyText(text: string, times: number): string {
  if (times === 0) return '0';
  const half = multiplyText(text, Math.floor(times / 2));
  const even = addTexts(half, half);
  return times % 2 === 0 ? even : addTexts(even, text);
}
