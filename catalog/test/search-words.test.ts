import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { correct, editsBetween } from '#catalog/search/did-you-mean.ts';
import { placeText, requirePlace, type Place, type Sort } from '#catalog/search/search-index.ts';
import { parseSearch } from '#catalog/search/search-terms.ts';
import { SYNONYM_LINES, withSynonyms } from '#catalog/search/synonyms.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });

suite('edits between words', () => {
  test('are 0 for the same, 1 for a letter more, less, other or swapped', () => {
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
      assert.equal(editsBetween(one, other), edits, `${one} ${other}`);
  });

  test('do not depend on the direction, and are 0 only for the same word', () => {
    fc.assert(
      fc.property(word, word, (one, other) => {
        const edits = editsBetween(one, other);
        assert.equal(edits, editsBetween(other, one));
        assert.equal(edits === 0, one === other);
      }),
    );
  });
});

suite('correct', () => {
  const typed = (word: string, candidates: string[], known = false) => ({ word, known, candidates });

  test('takes the nearest word, of equals the first of the alphabet, for each word that no product has', () => {
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

  test('is null if nothing is near: two edits for five letters or more, one for fewer', () => {
    assert.equal(correct([typed('abcd', ['abxy'])]), null);
    assert.equal(correct([typed('abcde', ['abcxy'])]), 'abcxy');
    assert.equal(correct([typed('phone', ['phony'], true)]), null);
    assert.equal(correct([]), null);
  });
});

suite('synonyms', () => {
  test('the list is lower case letters and digits, each phrase in one group only', () => {
    const phrases = SYNONYM_LINES.flatMap((line) => line.split(', '));
    for (const phrase of phrases) assert.match(phrase, /^[a-z0-9]+( [a-z0-9]+)*$/);
    assert.equal(new Set(phrases).size, phrases.length);
    for (const line of SYNONYM_LINES) assert.ok(line.includes(', '), line);
  });

  test('the longest phrase counts, and what was typed comes first', () => {
    const [first, second, ...more] = withSynonyms(['mobile', 'phone', 'case']);
    assert.equal(first?.[0], 'mobile phone');
    assert.ok(first.includes('smartphone'));
    assert.deepEqual([second, more], [['case'], []]);
  });

  test('only what was typed may be a beginning', () => {
    assert.equal(parseSearch('red couch')?.tsquery, 'red & (couch:* | sofa | sofas | couches | settee)');
    assert.equal(parseSearch('Portable-Charger 2')?.phrase, 'portable <-> charger <-> 2');
  });
});

test('a place survives being written down, and holds for its order only', () => {
  const sorts: readonly Sort[] = ['relevance', 'price_asc', 'price_desc', 'newest'];
  fc.assert(
    fc.property(
      fc.constantFrom(...sorts),
      fc.constantFrom('fits' as const, 'near' as const),
      fc.nat({ max: 10_000 }),
      fc.nat().map(String),
      fc.constantFrom('', '12.5', '1107.3492', '0.00012'),
      (sort, nearness, offset, price, score) => {
        const key = { relevance: score, price_asc: price, price_desc: price, newest: '' }[sort];
        const place: Place = { sort, nearness, offset, key, id: '01900000-0000-7000-8000-000000000001' };
        assert.deepEqual(requirePlace('after', placeText(place), sort), place);
        for (const other of sorts)
          if (other !== sort)
            assert.throws(() => requirePlace('after', placeText(place), other), { reason: 'INVALID_CURSOR' });
      },
    ),
  );
});

test('a place that no search gave is INVALID_CURSOR on its field: no price, no whole price, no score, too far', () => {
  const id = '01900000-0000-7000-8000-000000000001';
  for (const [place, sort] of [
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
    assert.throws(() => requirePlace('before', place, sort), {
      reason: 'INVALID_CURSOR',
      field: 'before',
    });
  assert.equal(requirePlace('after', `rf10100::${id}`, 'relevance').offset, 10_100);
});

test('letters that stand for several make a query no longer than 1,000 letters, and a text no longer than a name', () => {
  const terms = parseSearch('㍿'.repeat(1_000));
  assert.equal(terms?.words.join('').length, 1_000);
  assert.equal(terms?.text.length, 200);
});
