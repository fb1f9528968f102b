import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { fold } from '#catalog/search/text/fold.ts';
import { queryWords, typedWords, type WordKnowledge } from '#catalog/search/text/query-words.ts';
import {
  neighbourTerms,
  productText,
  productWords,
  termsOfPhrase,
} from '#catalog/search/text/product-text.ts';
import { TERM_LENGTH_MAX, wordsOf } from '#catalog/search/text/words.ts';

const termsOf = (text: string): string[] => wordsOf(text).flatMap(({ terms }) => terms);
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const NOTHING: WordKnowledge = {
  stemOf: () => undefined,
  isStopWord: () => false,
  completionsOf: () => ({ isKnown: false, starting: [], containing: [] }),
};

suite('fold', () => {
  test('drops case, and marks where the readers of the script do', () => {
    for (const [text, folded] of [
      ['Café CRÈME', 'cafe creme'],
      ['Łódź Þór Ærø', 'lodz thor aero'],
      ['İstanbul ISPARTA ıșık', 'istanbul isparta isik'],
      ['Größe STRASSE', 'grosse strasse'],
      ['Việt Nam phở', 'viet nam pho'],
      ['Ὀδυσσεύς ΌΔΟΣ', 'οδυσσευσ οδοσ'],
      ['ёлка йод Їжак', 'елка йод їжак'],
      ['מִטְבָּח', 'מטבח'],
      ['مُحَمَّد أحمد', 'محمد احمد'],
      ['ＡＢＣ１２ ㎏', 'abc12 kg'],
      ['٣٫٥ ۲۴', '3.5 24'],
      ['हिन्दी', 'हिन्दी'],
      ['தேன்', 'தேன்'],
      ['เครื่อง', 'เครื่อง'],
      ['김치', '김치'],
      ['ビール', 'ビール'],
      ['ﾋﾞｰﾙ', 'ビール'],
    ] as const)
      assert.equal(fold(text), folded);
    assert.notEqual(fold('ビール'), fold('ヒール'), 'beer is not a heel');
    assert.notEqual(fold('йод'), fold('иод'));
  });

  test('is idempotent, and equal for every Unicode form and both cases of a text', () => {
    // Every letter of the alphabets, and one in seven of the ideographs and syllables.
    for (let code = 0; code <= 0x2ffff; code += code < 0x3400 || (code > 0xf000 && code < 0x12000) ? 1 : 7) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const text = String.fromCodePoint(code);
      const folded = fold(text);
      if (fold(folded) !== folded || fold(text.toUpperCase()) !== folded) assert.fail(code.toString(16));
    }
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = fold(text);
        for (const form of [folded, text.normalize('NFC'), text.normalize('NFD'), text.toUpperCase()])
          assert.equal(fold(form), folded);
      }),
      { numRuns: 2_000 },
    );
  });

  test('known-bad twin: without a second normalization, a removed joiner leaves marks in another order', () => {
    const once = (text: string): string => text.normalize('NFKD').replaceAll('\u034f', '');
    const text = 'a\u033f\u034f\u05ad';
    assert.notEqual(once(once(text)), once(text));
    assert.equal(fold(fold(text)), fold(text));
  });
});

suite('words and terms', () => {
  test('letters and numbers are separate terms, with and without a space or a separator', () => {
    for (const [text, terms] of [
      ['RTX-4090', ['rtx', '4090']],
      ['65MM', ['65', 'mm']],
      ['3.5 mm', ['3.5', 'mm']],
      ['3,5mm', ['3.5', 'mm']],
      ['1,000 pcs', ['1000', 'pcs']],
      ['90×200', ['90', 'x', '200']],
      ['1N4148', ['1', 'n', '4148']],
      ['WH-1000XM5', ['wh', '1000', 'xm', '5']],
      ['苹果手机', ['苹果', '果手', '手机', '机']],
      ['v1.2.3', ['v', '1.2.3']],
      ['!?', []],
    ] as const)
      assert.deepEqual(termsOf(text), terms, text);
  });

  test('a word with separators between two words or two numbers also has its terms without them', () => {
    const joined = (text: string) => wordsOf(text)[0]?.joined;
    assert.deepEqual(joined('AB-CD-1234'), ['abcd', '1234']);
    assert.deepEqual(joined('12-34-56'), ['123456']);
    assert.deepEqual(joined('T-Shirt'), ['tshirt']);
    assert.equal(joined('RTX-4090'), undefined);
    assert.equal(joined('3.5/4'), undefined, 'decimals are not joined');
  });

  test('terms have no spaces and a maximum length, and are their own terms', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme', minLength: 100 })), (text) => {
        for (const term of termsOf(text)) {
          assert.ok(Array.from(term).length <= TERM_LENGTH_MAX);
          assert.match(term, /^[\p{L}\p{M}\p{N}.]+$/u);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

suite('the words of a query', () => {
  test('the terms of a query for the whole name are terms of the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (name) => {
        const { name: terms } = productText(
          productWords({ name, description: '', tags: [] }),
          () => undefined,
        );
        for (const { exact } of queryWords(typedWords(name), NOTHING))
          for (const phrase of exact) assert.ok(termsOfPhrase(phrase).every((term) => terms.includes(term)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('adjacent terms of a name and a tag are one term; in a description, only those of a word or with a number', () => {
    const stems = new Map([
      ['running', 'run'],
      ['shoes', 'shoe'],
      ['run', 'run'],
    ]);
    const { name, other } = productText(
      productWords({ name: 'Running shoes', description: 'Run light: 65 mm, T-Shirt', tags: ['red shoes'] }),
      (word) => stems.get(word),
    );
    assert.deepEqual(name, ['running', '~run', 'shoes', '~shoe', 'running-shoes', '~run-~shoe']);
    assert.deepEqual(
      other.filter((term) => !term.startsWith('#')),
      'run light 65 light-65 mm 65-mm t shirt t-shirt tshirt red red-shoes'.split(' '),
    );
    for (const phrase of [
      ['run', 'light', '65'],
      ['running', 'shoes'],
      ['red', 'shoes'],
    ])
      for (const term of neighbourTerms(phrase)) assert.ok(other.includes(term), phrase.join(' '));
    for (const phrase of [
      ['shoes', 'run'],
      ['shirt', 'red'],
      ['light', 'run'],
    ])
      for (const term of neighbourTerms(phrase)) assert.ok(!other.includes(term), phrase.join(' '));
    assert.deepEqual(termsOfPhrase(['a', 'b', 'c']), ['a-b', 'b-c']);
    assert.deepEqual(termsOfPhrase(['a']), ['a']);
  });

  test('have at most 64 terms and 12 words, even if folding lengthens the text', () => {
    for (const text of ['㍿'.repeat(1_000), 'a1'.repeat(500), 'a '.repeat(500), 'ﷺ'.repeat(1_000)]) {
      const words = typedWords(text);
      assert.ok(words.length <= 12);
      assert.ok(words.flatMap(({ terms }) => terms).length <= 64);
    }
  });

  test('stop words are dropped, unless there are no others', () => {
    const knowledge: WordKnowledge = { ...NOTHING, isStopWord: (word) => ['the', 'of'].includes(word) };
    const exact = (text: string) => queryWords(typedWords(text), knowledge).map((word) => word.exact[0]);
    assert.deepEqual(exact('the lord of the rings'), [['lord'], ['rings']]);
    assert.deepEqual(exact('The of'), [['the'], ['of']]);
  });

  test('synonyms match as phrases; a phrase of several words is one word', () => {
    const words = queryWords(typedWords('mobile phone case'), NOTHING);
    assert.deepEqual(
      words.map(({ exact }) => exact),
      [[['mobile', 'phone']], [['case']]],
    );
    assert.ok(words[0]?.loose.some((phrase) => phrase.join(' ') === 'smartphone'));
  });
});

test('a text that folding lengthens has the terms of its first 10,000 letters', () => {
  assert.equal(termsOf('ﷺ'.repeat(10_000)).join('').length < 10_000, true);
  assert.equal(wordsOf(`${'1-'.repeat(3_000)}1`)[0]?.joined, undefined, 'no part number is that long');
});
