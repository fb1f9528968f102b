import type { CatalogProduct } from './catalog-product.ts';

/**
 * Products that differ in some parts of their names. In `name`, a group `{a|b}` stands for each of its options in turn;
 * all combinations are products. Cheaper options come first. In `about` and `tags`, `$1` is the option of the first
 * group; in `about`, a group is replaced by the options in turn. `tags` are separated by commas. Prices are in minor
 * units.
 */
export type Template = readonly [
  name: string,
  about: string,
  priceLow: number,
  priceHigh: number,
  tags?: string,
];

/** Templates by the path of their category: `Cables > Video`. */
export type Shelves = Readonly<Record<string, readonly Template[]>>;

/** One product in this many of a template has the tag `sale`. */
const SALE_EVERY = 9;
const GROUP = /\{([^}]*)\}/;

export function productsOf(shelves: Shelves): CatalogProduct[] {
  return Object.entries(shelves).flatMap(([path, templates]) =>
    templates.flatMap((template) => expand(template, path.split(' > '))),
  );
}

function expand(
  [name, about, low, high, tags = '']: Template,
  category: readonly string[],
): CatalogProduct[] {
  const { texts, groups } = parse(name);
  const count = groups.reduce((product, { length }) => product * length, 1);
  return Array.from({ length: count }, (_, index) => {
    const positions = positionsOf(index, groups);
    const options = groups.map((group, place) => group[positions[place] ?? 0] ?? '');
    const withOptions = (text: string): string =>
      text.replaceAll(/\$(\d)/g, (_, place: string) => options[Number(place) - 1]?.trim() ?? '');
    const shares = groups.map(({ length }, place) => (positions[place] ?? 0) / Math.max(1, length - 1));
    const level = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
    const own = withOptions(tags)
      .toLowerCase()
      .split(',')
      .filter((tag) => tag !== '');
    return {
      name: texts.map((text, place) => text + (options[place] ?? '')).join(''),
      description: withOptions(chooseInTurn(about, index)),
      priceMinor: retailPrice(low + (high - low) * level),
      category,
      tags: index % SALE_EVERY === SALE_EVERY - 1 ? [...own, 'sale'] : own,
    };
  });
}

/** The texts around the groups, and the options of each group. */
function parse(template: string): { texts: string[]; groups: string[][] } {
  const parts = template.split(GROUP);
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    groups: parts.filter((_, index) => index % 2 === 1).map((group) => group.split('|')),
  };
}

/** The place of the option in each group for the combination `index`. The last group changes fastest. */
function positionsOf(index: number, groups: readonly (readonly string[])[]): number[] {
  let rest = index;
  return groups
    .toReversed()
    .map(({ length }) => {
      const position = rest % length;
      rest = Math.floor(rest / length);
      return position;
    })
    .toReversed();
}

function chooseInTurn(text: string, index: number): string {
  const { texts, groups } = parse(text);
  return texts.map((part, place) => part + (groups[place]?.at(index % groups[place].length) ?? '')).join('');
}

/** From 10.00 on, prices end in .99, below in 5. */
function retailPrice(minor: number): number {
  return minor >= 1_000 ? Math.floor(minor / 100) * 100 + 99 : Math.max(5, Math.round(minor / 5) * 5);
}
