import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { correct, editDistance } from '#catalog/search/did-you-mean.ts';
import { encodeCursor, requireCursor, type Cursor, type Sort } from '#catalog/search/search-index.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { SYNONYM_LINES, withSynonyms } from '#catalog/search/synonyms.ts';

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
  const typed = (word: string, candidates: string[], known = false) => ({ word, known, candidates });

  test('replaces each unknown word by the nearest candidate, the first in the alphabet if equally near', () => {
    assert.equal(
      correct([typed('labtop', ['laptop', 'tabletop']), typed('sleeve', [], true)]),
      'laptop sleeve',
    );
    assert.equal(correct([typed('bord', ['lord', 'board'])]), 'board');
  });

  test('corrects the first four unknown words', () => {
    const words = ['labtop', 'bord', 'phnoe', 'lmap', 'shade', 'chiar'];
    const likely = ['laptop', 'board', 'phone', 'lamp', 'chair'];
    assert.equal(
      correct(words.map((word) => typed(word, likely, word === 'shade'))),
      'laptop board phone lamp shade chiar',
    );
  });

  test('returns null without a near candidate: two edits for five letters or more, one for fewer', () => {
    assert.equal(correct([typed('abcd', ['abxy'])]), null);
    assert.equal(correct([typed('abcde', ['abcxy'])]), 'abcxy');
    assert.equal(correct([typed('phone', ['phony'], true)]), null);
    assert.equal(correct([]), null);
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

  test('only the typed phrase can be a prefix', () => {
    assert.equal(parseSearch('red couch')?.tsquery, 'red & (couch:* | sofa | sofas | couches | settee)');
    assert.equal(parseSearch('Portable-Charger 2')?.phrase, 'portable <-> charger <-> 2');
  });
});

test('a cursor survives encoding and decoding, and is valid only for its order', () => {
  const sorts: readonly Sort[] = ['relevance', 'price_asc', 'price_desc', 'newest'];
  fc.assert(
    fc.property(
      fc.constantFrom(...sorts),
      fc.constantFrom('fits' as const, 'near' as const),
      fc.nat({ max: 10_000 }),
      fc.nat().map(String),
      fc.constantFrom('', '12.5', '1107.3492', '0.00012'),
      (sort, mode, offset, price, score) => {
        const key = { relevance: score, price_asc: price, price_desc: price, newest: '' }[sort];
        const cursor: Cursor = { sort, mode, offset, key, id: '01900000-0000-7000-8000-000000000001' };
        assert.deepEqual(requireCursor('after', encodeCursor(cursor), sort), cursor);
        for (const other of sorts)
          if (other !== sort)
            assert.throws(() => requireCursor('after', encodeCursor(cursor), other), {
              reason: 'INVALID_CURSOR',
            });
      },
    ),
  );
});

test('INVALID_CURSOR on the field: a missing, fractional or too long price, an invalid score, an offset that is too large', () => {
  const id = '01900000-0000-7000-8000-000000000001';
  for (const [cursor, sort] of [
    [`af1::${id}`, 'price_asc'],
    [`af999999::${id}`, 'price_asc'],
    [`af1:1.5:${id}`, 'price_asc'],
    [`df1::${id}`, 'price_desc'],
    [`df1:12345678901234:${id}`, 'price_desc'],
    [`rf1:1.2.3:${id}`, 'relevance'],
    [`rf10101::${id}`, 'relevance'],
    [`rf10101:1.5:${id}`, 'relevance'],
    [`nf1:1:${id}`, 'newest'],
  ] as const)
    assert.throws(() => requireCursor('before', cursor, sort), {
      reason: 'INVALID_CURSOR',
      field: 'before',
    });
  assert.equal(requireCursor('after', `rf10100::${id}`, 'relevance').offset, 10_100);
});

test('letters that NFKD expands do not exceed the maximum length of the words and of the text', () => {
  const terms = parseSearch('㍿'.repeat(1_000));
  assert.equal(terms?.words.join('').length, 1_000);
  assert.equal(terms?.text.length, 200);
});
