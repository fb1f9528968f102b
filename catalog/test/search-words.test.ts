import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { correct, editDistance } from '#catalog/search/did-you-mean.ts';
import { encodeCursor, requireCursor, type Cursor, type Sort } from '#catalog/search/search-index.ts';
import { SYNONYM_LINES, withSynonyms } from '#catalog/search/synonyms.ts';
import { lineOf } from '#catalog/search/text/product-text.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });

suite('editDistance', () => {
  test('is 0 for equal words, 1 for an inserted, deleted, substituted or swapped letter', () => {
    for (const [one, other, edits] of [
      ['phone', 'phone', 0],
      ['phone', 'phones', 1],
      ['phone', 'phne', 1],
      ['phone', 'shone', 1],
      ['phone', 'phnoe', 1],
      ['glaaxy', 'galaxy', 1],
      ['labtop', 'laptop', 1],
      ['', 'ab', 2],
    ] as const)
      assert.equal(editDistance(one, other), edits, `${one} ${other}`);
  });

  test('is symmetric, and 0 only for equal words', () => {
    fc.assert(
      fc.property(word, word, (one, other) => {
        const edits = editDistance(one, other);
        assert.equal(edits, editDistance(other, one));
        assert.equal(edits === 0, one === other);
      }),
    );
  });
});

suite('correct', () => {
  const similar = (...pairs: [word: string, similar: string[], halves?: string][]) =>
    new Map(pairs.map(([word, words, halves = null]) => [word, { similar: words, halves }]));

  test('replaces a word by the nearest candidate, the first in the alphabet if equally near', () => {
    assert.equal(correct(['labtop', 'sleeve'], similar(['labtop', ['laptop', 'tabletop']])), 'laptop sleeve');
    assert.equal(correct(['bord'], similar(['bord', ['lord', 'board']])), 'board');
  });

  test('splits a word if both halves are words of the shop', () => {
    assert.equal(correct(['powerbank'], similar(['powerbank', ['powertank'], 'power bank'])), 'power bank');
  });

  test('a candidate with a digit is never used', () => {
    assert.equal(correct(['xtxa'], similar(['xtxa', ['xtx1']])), null);
  });

  test('returns null without a near candidate: two edits for five letters or more, one for fewer', () => {
    assert.equal(correct(['abcd'], similar(['abcd', ['abxy']])), null);
    assert.equal(correct(['abcde'], similar(['abcde', ['abcxy']])), 'abcxy');
    assert.equal(correct(['phone'], similar()), null);
    assert.equal(correct([], similar()), null);
  });
});

suite('synonyms', () => {
  test('the file has only lower case letters and digits, and each phrase in one group', () => {
    const phrases = SYNONYM_LINES.flatMap((line) => line.split(', '));
    for (const phrase of phrases) assert.match(phrase, /^[a-z0-9]+( [a-z0-9]+)*$/);
    assert.equal(new Set(phrases).size, phrases.length);
    for (const line of SYNONYM_LINES) assert.ok(line.includes(', '), line);
  });

  test('the longest phrase is used, and the typed phrase comes first', () => {
    const [first, second, ...more] = withSynonyms(['mobile', 'phone', 'case']);
    assert.equal(first?.[0], 'mobile phone');
    assert.ok(first.includes('smartphone'));
    assert.deepEqual([second, more], [['case'], []]);
  });
});

test('the line of any name fits an index entry of PostgreSQL, and that of 200 Chinese letters is complete', () => {
  const fits = (name: string): boolean => Buffer.byteLength(lineOf(name)) <= 2_400;
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fits));
  for (const letter of ['中', '𠀀', '㌖', '㍿', 'ﷺ', 'ﷺ ', 'x', 'x ', '1.'])
    assert.ok(fits(Array.from(letter.repeat(200)).slice(0, 200).join('')), letter);
  assert.ok(lineOf(`${'中'.repeat(199)}文`).endsWith('中文 文'));
  assert.equal(lineOf('Ångström-Lamp 2,5 m'), 'angstrom lamp 2.5 m');
});

test('a cursor survives encoding and decoding, and is valid only for its order', () => {
  const sorts: readonly Sort[] = ['relevance', 'price_asc', 'price_desc', 'newest', 'name_asc', 'name_desc'];
  fc.assert(
    fc.property(
      fc.constantFrom(...sorts),
      fc.constantFrom('all' as const, 'corrected' as const, 'most' as const),
      fc.nat({ max: 10_000 }),
      fc.nat().map(String),
      (sort, matched, offset, price) => {
        const key = sort.startsWith('price') ? price : '';
        const cursor: Cursor = { sort, matched, offset, key, id: '01900000-0000-7000-8000-000000000001' };
        assert.deepEqual(requireCursor('after', encodeCursor(cursor), sort), cursor);
        if (sort.startsWith('name'))
          assert.equal(encodeCursor({ ...cursor, key: 'a long name' }), encodeCursor(cursor));
        for (const other of sorts)
          if (other !== sort)
            assert.throws(() => requireCursor('after', encodeCursor(cursor), other), {
              reason: 'INVALID_CURSOR',
            });
      },
    ),
  );
});

test('INVALID_CURSOR on the field: a missing, fractional or too long price, a score, an offset that is too large', () => {
  const id = '01900000-0000-7000-8000-000000000001';
  for (const [cursor, sort] of [
    [`aa1::${id}`, 'price_asc'],
    [`aa999999::${id}`, 'price_asc'],
    [`aa1:1.5:${id}`, 'price_asc'],
    [`da1::${id}`, 'price_desc'],
    [`da1:12345678901234:${id}`, 'price_desc'],
    [`ra1:1.2.3:${id}`, 'relevance'],
    [`ra10101::${id}`, 'relevance'],
    [`ra10101:1.5:${id}`, 'relevance'],
    [`na1:1:${id}`, 'newest'],
    [`fa0:1:${id}`, 'name_asc'],
    [`la0:name:${id}`, 'name_desc'],
  ] as const)
    assert.throws(() => requireCursor('before', cursor, sort), {
      reason: 'INVALID_CURSOR',
      field: 'before',
    });
  assert.equal(requireCursor('after', `ra10100::${id}`, 'relevance').offset, 10_100);
});
