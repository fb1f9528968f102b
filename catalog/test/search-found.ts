import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from '#catalog/search/text/fold.ts';
import { wordsOf } from '#catalog/search/text/words.ts';
import { testCall } from '#testkit/shop.ts';
import { Random } from '#testkit/random.ts';
import type { Search, SearchBench } from './search-bench.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PRODUCTS = 60;
/** Letters of scripts with and without marks, cases and spaces between words. */
const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyz',
  'áčďéěíňóřšťúůýžąćęłńśźżàâçèêëîïôùûüÿœæøåßäöñ',
  'αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋ',
  'абвгдежзийклмнопрстуфхцчшщъыьэюяёїєґў',
  'אבגדהוזחטיכלמנסעפצקרשתךםןףץ',
  'ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ',
  'कखगघचछजझटठडढतथदधनपफबभमयरलवशषसहािीुूेैोौं्',
  'அஆஇஈஉஊஎஏஐஒஓகஙசஞடணதநபமயரலவழளறனாிீுூெேைொோௌ்',
  'กขคงจฉชซญดตถทนบปผพฟภมยรลวสหอะาิีึืุูเแโใไ่้',
  'あいうえおかきくけこがぎぐげごアイウエオカキクケコガギグゲゴパピプペポー',
  '日月火水木金土山川田人口車門本語書店手机壳苹果',
  '가나다라마바사아자차카타파하한글김치',
  'აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ',
  'աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ',
];

function randomName(random: Random): string {
  const word = (): string => {
    const letters = Array.from(random.pick(ALPHABETS));
    return Array.from({ length: random.whole(2, 8) }, () => random.pick(letters)).join('');
  };
  const capital = (): string => random.pick(Array.from('ABCDEFGHJKLMNPQRSTUVWXYZ'));
  const number = (): string => String(random.whole(1, 99_999));
  const separator = (): string => random.pick(['-', '/', '.', '_']);
  const part = (): string =>
    random.pick([
      `${capital()}${capital()}-${number()}`,
      `${capital()}${number()}${capital()}`,
      `${capital()}${capital()}${separator()}${capital()}${capital()}-${number()}`,
      `${random.whole(1, 9)}.${random.whole(1, 9)} mm`,
      `${number()}MM`,
      `${random.whole(1, 99)} x ${random.whole(1, 99)}`,
    ]);
  const pieces = Array.from({ length: random.whole(1, 4) }, () => (random.chance(0.3) ? part() : word()));
  return pieces.join(' ').slice(0, 120);
}

/** The texts by which a shopper may look for a name. */
function queriesFor(name: string): string[] {
  const words = name.split(' ').filter((word) => Array.from(word).length >= 2 && wordsOf(word).length > 0);
  const withoutSeparators = words
    .filter((word) => /\d/.test(word))
    .map((word) => word.replaceAll(/[-/_]/g, ''));
  const texts = [name, ...words, ...withoutSeparators];
  return [
    ...new Set(
      texts.flatMap((text) => [
        text,
        text.normalize('NFC'),
        text.normalize('NFD'),
        text.toUpperCase(),
        text.toLowerCase(),
      ]),
    ),
  ];
}

/** Returns the texts by which a product is not found. */
export async function notFoundBy(
  name: string,
  id: string,
  search: (query: string) => Promise<string[]>,
): Promise<string[]> {
  const missed: string[] = [];
  for (const query of queriesFor(name)) if (!(await search(query)).includes(id)) missed.push(query);
  return missed;
}

/** Products are found by the parts of their names in any script, form and case. */
export function foundContract(bench: () => SearchBench, fetchPage: Search): void {
  const search = async (query: string): Promise<string[]> =>
    (await fetchPage({ query, size: 100 })).products.map(({ id }) => id);

  test(`a product is found by its name, its words and its part numbers in any form (FUZZ_SEED=${SEED})`, async () => {
    const random = new Random(SEED);
    const names = [...new Set(Array.from({ length: PRODUCTS }, () => randomName(random).trim()))];
    const ids = new Map<string, string>();
    for (const name of names) {
      const { product } = await bench().catalog.createProduct({ name }, testCall());
      ids.set(name, product?.id ?? '');
    }
    await bench().settle();
    for (const [name, id] of ids) {
      assert.deepEqual(await notFoundBy(name, id, search), [], name);
      const [first = ''] = (await fetchPage({ query: name, size: 1 })).products.map(
        (product) => product.name,
      );
      assert.equal(lineOf(first), lineOf(name), name);
    }
    const unfolded = async (query: string): Promise<string[]> => (query === 'Café CC-12' ? ['1'] : []);
    assert.notDeepEqual(
      await notFoundBy('Café CC-12', '1', unfolded),
      [],
      'known-bad twin: a search without folding',
    );
    for (const each of ids.values()) await bench().catalog.archiveProduct({ id: each }, testCall());
    await bench().settle();
  });
}

function lineOf(text: string): string {
  return wordsOf(fold(text))
    .flatMap(({ terms }) => terms)
    .join(' ');
}
