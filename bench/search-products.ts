import { productOf } from '#bench/products.ts';

/**
 * The products of `make bench-search`: those of bench/products.ts with the names of series, part numbers and quantities,
 * and longer descriptions, so that the vocabulary is as large as that of a real shop of this size.
 */

/** The categories: the name, and the kinds of products in it. */
export const CATEGORIES: readonly (readonly [name: string, kinds: readonly string[]])[] = [
  ['Audio', ['Headphones']],
  ['Luggage', ['Backpack']],
  ['Beverages', ['Kettle', 'Bottle', 'Grinder']],
  ['Lighting', ['Lamp', 'Light']],
  ['Footwear', ['Shoes']],
  ['Stationery', ['Notebook', 'Keyboard']],
];
const UNITS = ['GB', 'mm', 'kg', 'W', 'ml', 'inch'];
const ONSETS = 'b br c cl d dr f fl g gr h k l m n p pr r s st t tr v w z'.split(' ');
const VOWELS = 'a e i o u ai ee ia oo ou'.split(' ');
const CODAS = 'l m n r s t nd rt st x'.split(' ');
const SERIES = 20_000;
const DESCRIPTION_WORDS = 4_000;
const DESCRIPTION_LENGTH = 24;

export interface BenchProduct {
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
  readonly tags: readonly string[];
  readonly category: string;
}

/** Product `index`; always the same. */
export function searchProductOf(index: number): BenchProduct {
  const { name, description, price } = productOf(index);
  const words = name.split(' ').slice(0, -1);
  const kind = words.at(-1) ?? '';
  const amount = 1 + (scatter(index, 5) % 99);
  const unit = UNITS[scatter(index, 6) % UNITS.length] ?? '';
  const text = Array.from({ length: DESCRIPTION_LENGTH }, (_, at) =>
    // Few words are frequent, as in texts.
    wordOf(Math.floor(DESCRIPTION_WORDS * (scatter(index, 10 + at) / 2 ** 32) ** 3)),
  );
  return {
    name: `${words.join(' ')} ${seriesOf(index)} ${partNumberOf(index)} ${amount} ${unit}`,
    description: `${description} ${text.join(' ')}`,
    priceMinor: Math.round(price * 100),
    tags: [`season ${2020 + (index % 7)}`, wordOf(scatter(index, 7) % 300)],
    category: CATEGORIES.find(([, kinds]) => kinds.includes(kind))?.[0] ?? '',
  };
}

/** The name of the series of a product. */
export function seriesOf(index: number): string {
  const word = wordOf(DESCRIPTION_WORDS + (scatter(index, 1) % SERIES));
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** For example `QX-48213B`; almost unique. */
export function partNumberOf(index: number): string {
  const letter = (salt: number): string => String.fromCharCode(65 + (scatter(index, salt) % 26));
  return `${letter(2)}${letter(3)}-${10_000 + (scatter(index, 4) % 90_000)}${letter(8)}`;
}

/** A word of two or three syllables; most numbers have different words. */
function wordOf(number: number): string {
  let rest = scatter(number, 0);
  const next = (from: readonly string[]): string => {
    const part = from[rest % from.length] ?? '';
    rest = Math.floor(rest / from.length);
    return part;
  };
  const syllables = [next(ONSETS), next(VOWELS), next(ONSETS), next(VOWELS), next(CODAS)];
  if (number % 3 === 0) syllables.push(next(VOWELS), next(CODAS));
  return syllables.join('');
}

/** An integer from 0 to 2 ** 32 - 1 that looks random (the finalizer of MurmurHash3). */
function scatter(index: number, salt: number): number {
  let hash = Math.imul(index + 1, 0x9e37_79b1) ^ Math.imul(salt + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
