import type { Department, Kind } from '#scripts/seed-departments.ts';
import { INDOORS } from '#scripts/seed-indoors.ts';
import { OUTDOORS } from '#scripts/seed-outdoors.ts';

/** The deterministic data of `make seed`: the same index gives the same product, account or order. */

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const PER_BRAND = 10;
const FIRST_NAMES =
  'Ada Bela Chloe Dario Elif Femi Greta Hugo Ines Jonas Kira Leon Mila Noor Oskar Priya Quinn Rosa Sami Tara Uma Viktor Wanda Xenia Yusuf Zoe Anton Bruno Carla Diego Emma Farah Goran Hanna Ivo Julia Karim Lena Marek Nina'.split(
    ' ',
  );
const LAST_NAMES =
  'Almeida Berger Costa Dubois Eriksen Fischer Garcia Horvat Ivanova Jensen Kowalski Lindgren Moreau Novak Okafor Petrov Quist Rossi Silva Tanaka Ueda Varga Weber Yilmaz Zhang'.split(
    ' ',
  );

interface KindInCategory {
  readonly department: Department;
  readonly path: readonly string[];
  readonly kind: Kind;
}

const KINDS: readonly KindInCategory[] = [...INDOORS, ...OUTDOORS].flatMap((department) =>
  Object.entries(department.kindsByCategory).flatMap(([category, kinds]) =>
    kinds.map((kind) => ({ department, path: [department.name, ...category.split(' > ')], kind })),
  ),
);
const BRANDS = 10;

export const PRODUCTS = range(KINDS.length * BRANDS * PER_BRAND);
export const ACCOUNTS = range(FIRST_NAMES.length * LAST_NAMES.length);
export const ORDERS_PER_ACCOUNT = 5;

/** The paths of all categories, each after its parent. */
export const CATEGORY_PATHS: readonly (readonly string[])[] = [
  ...new Map(
    KINDS.flatMap(({ path }) => path.map((_, depth) => path.slice(0, depth + 1))).map((path) => [
      path.join(' > '),
      path,
    ]),
  ).values(),
].toSorted((a, b) => a.length - b.length);

export interface SeedProduct {
  readonly name: string;
  readonly description: string;
  readonly price: number;
  readonly category: readonly string[];
  readonly tags: readonly string[];
}

function pick<T>(from: readonly T[], index: number): T {
  const found = from[index % from.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** Product `index`. Brand, quality and finish make its name unique within its kind. */
export function productOf(index: number): SeedProduct {
  const { department, path, kind } = pick(KINDS, index);
  const brand = Math.floor(index / KINDS.length) % BRANDS;
  const variant = Math.floor(index / (KINDS.length * BRANDS));
  const quality = variant % department.qualities.length;
  const finish = pick(department.finishes, variant + brand);
  const [qualityName, qualityAbout] = pick(department.qualities, quality);
  const [kindName, low, high, about] = kind;
  const description = [about, `${about} ${qualityAbout}`, `${qualityAbout} ${about}`];
  // Better brands and qualities cost more; the last term varies the price by product.
  const level = brand * 0.06 + quality * 0.08 + ((index * 7_919) % 97) / 970;
  return {
    name: `${pick(department.brands, brand)} ${qualityName} ${kindName}, ${finish}`,
    description: pick(description, brand + variant),
    price: priceOf(low + (high - low) * level),
    category: path,
    tags: [...finish.split(' '), qualityName.toLowerCase()],
  };
}

/** Retail prices: 24.99; from 200 on, whole amounts that end in 9. */
function priceOf(amount: number): number {
  return amount < 200 ? (Math.round(amount) * 100 - 1) / 100 : Math.round(amount / 10) * 10 - 1;
}

/** The name of account `index`. */
export function accountName(index: number): string {
  return `${pick(FIRST_NAMES, index)} ${pick(LAST_NAMES, Math.floor(index / FIRST_NAMES.length))}`;
}

/** The items of order `index` of an account: one to three products. */
export function linesOf(account: number, index: number): { product: number; quantity: number }[] {
  const start = account * 31 + index * 977;
  return range(1 + (start % 3)).map((line) => ({
    product: (start * 7 + line * 1_013) % PRODUCTS.length,
    quantity: 1 + ((start + line) % 4),
  }));
}
