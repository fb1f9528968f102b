import { partNumberOf, searchProductOf, seriesOf } from '#bench/search-products.ts';

/** A query of `make bench-search`. */
export interface BenchQuery {
  readonly kind: string;
  readonly text: string;
  /** Also the total and the facets. */
  readonly counts?: boolean;
}

const LENGTH_MAX = 1_000;
/** Any product. */
const INDEX = 48_213;
const COMMON =
  'aurora wireless kettle borealis compact headphones cascade foldable backpack dune classic keyboard ember lightweight notebook fjord';
const PARTS = 'rora less ight pack phon note oard ouse ebra aist ouri eest iand oost airt teed';
const upTo = (text: string): string => text.slice(0, LENGTH_MAX);
const { description } = searchProductOf(INDEX);
/** A typing error: two letters in the middle change places. */
const misspelt = (word: string): string => word.slice(0, 2) + word.charAt(3) + word.charAt(2) + word.slice(4);

/** What shoppers type: a query of each kind of the judged queries (catalog/test/judged-queries.ts), and more. */
const SHOPPERS: readonly BenchQuery[] = [
  { kind: 'rare word', text: seriesOf(INDEX) },
  { kind: 'two words', text: `wireless ${seriesOf(INDEX)}` },
  { kind: 'three words', text: 'aurora wireless kettle' },
  { kind: 'whole name', text: searchProductOf(INDEX).name },
  { kind: 'prefix', text: seriesOf(INDEX).slice(0, 4) },
  { kind: 'words and prefix', text: 'aurora wireless ket' },
  { kind: 'part number', text: partNumberOf(INDEX) },
  { kind: 'part number, prefix', text: partNumberOf(INDEX).slice(0, 5) },
  { kind: 'number with unit', text: 'kettle 65 mm' },
  { kind: 'number with unit', text: '65MM' },
  { kind: 'word of 10,000 products', text: 'aurora' },
  { kind: 'word of 10,000 longer names', text: 'desk' },
  { kind: 'misspelt word', text: 'auroar' },
  { kind: 'misspelt rare word', text: misspelt(seriesOf(INDEX)) },
  { kind: 'two misspelt words', text: 'wirelss ketlte' },
  { kind: 'most words', text: `aurora kettle ${seriesOf(INDEX)} ${seriesOf(INDEX + 1)}` },
  { kind: 'nothing similar', text: 'qqqqzzzz' },
  { kind: 'category word', text: 'footwear' },
  { kind: 'category and word', text: 'wireless beverages' },
  { kind: 'word of descriptions', text: description.split(' ').at(-1) ?? '' },
  { kind: 'tag', text: 'season 2024' },
  { kind: 'word, total and facets', text: 'aurora', counts: true },
  { kind: 'words, total and facets', text: 'aurora wireless kettle', counts: true },
  { kind: 'category, total and facets', text: 'footwear', counts: true },
];

/** Queries that no shopper types, but an attacker can send. */
const ATTACKERS: readonly BenchQuery[] = [
  { kind: '16 common words', text: COMMON },
  { kind: '16 common words, 1,000 characters', text: upTo(`${COMMON} `.repeat(10)) },
  {
    kind: '8 common words of a product',
    text: `aurora wireless kettle boils a litre in three minutes switches off`,
  },
  { kind: '16 words of a description', text: description.split(' ').slice(-16).join(' ') },
  {
    kind: '16 unknown words',
    text: Array.from({ length: 16 }, (_, n) => `${'qzxjvk'.slice(n % 5)}${n}qz`).join(' '),
  },
  {
    kind: '16 unknown words of letters',
    text: 'qzxa qzxb qzxc qzxd qzxe qzxf qzxg qzxh qzxi qzxj qzxk qzxl qzxm qzxn qzxo qzxp',
  },
  { kind: '16 misspelt words', text: COMMON.split(' ').map(misspelt).join(' ') },
  {
    kind: '16 unknown words of 60 letters',
    text: Array.from({ length: 16 }, (_, n) => seriesOf(n).repeat(9).slice(0, 60)).join(' '),
  },
  { kind: '16 parts of words', text: PARTS },
  { kind: 'one part of many words', text: 'oort' },
  { kind: '16 words of one letter', text: 'b c d e f g h j k l m n o p q r' },
  { kind: 'prefix of one letter', text: 'k' },
  { kind: 'common word, prefix of one letter', text: 'aurora k' },
  { kind: 'prefix of two letters', text: 'st' },
  { kind: 'prefix of one digit', text: '4' },
  { kind: 'common words, prefix of a digit', text: 'aurora wireless 4' },
  { kind: "1,000 x 'a'", text: 'a'.repeat(LENGTH_MAX) },
  { kind: "500 x 'a '", text: 'a '.repeat(LENGTH_MAX / 2) },
  { kind: '1,000 digits', text: '4'.repeat(LENGTH_MAX) },
  { kind: 'digits, separated', text: upTo('1 2 3 4 5 6 7 8 9 '.repeat(60)) },
  { kind: 'digits with points', text: upTo('1.2.3.4.5.6.7.8.9.'.repeat(60)) },
  { kind: 'letters and digits', text: upTo('a1b2c3d4e5'.repeat(100)) },
  { kind: 'common words with hyphens', text: upTo(`${COMMON.replaceAll(' ', '-')}-`.repeat(10)) },
  { kind: '16 pairs with hyphens', text: Array.from({ length: 16 }, () => 'aurora-wireless').join(' ') },
  { kind: 'stop words', text: upTo('the and of to in '.repeat(60)) },
  { kind: '1,000 letters without spaces', text: '漢字仮名'.repeat(LENGTH_MAX / 4) },
  { kind: 'category words', text: 'audio luggage beverages lighting footwear stationery' },
  {
    kind: '16 category words and words',
    text: `${COMMON.split(' ').slice(0, 10).join(' ')} audio luggage beverages lighting footwear stationery`,
  },
  { kind: '16 years', text: Array.from({ length: 16 }, (_, n) => String(2010 + n)).join(' ') },
];

/** The whole catalog. */
const LISTS: readonly BenchQuery[] = [{ kind: 'all, total and facets', text: '', counts: true }];

export const GROUPS: Readonly<Record<string, readonly BenchQuery[]>> = {
  'queries of shoppers': SHOPPERS,
  'queries of attackers': ATTACKERS,
  lists: LISTS,
};
