import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { AppError, VIOLATIONS_MAX } from '#platform/errors.ts';
import {
  pageKey,
  requireAll,
  requireEach,
  requirePage,
  requireText,
  requireUuid,
  requireUuids,
  requireWhole,
} from '#platform/input.ts';
import { PageRequestSchema } from '#platform/pb/page_pb.js';

/** Asserts that the check rejects, names the field and describes the expected value. */
function assertRefused(check: () => unknown, field: string, problem: RegExp): void {
  assert.throws(check, (error: unknown) => {
    assert.ok(error instanceof AppError);
    const { name, reason, message } = error;
    assert.deepEqual(
      { name, reason, field: error.field },
      { name: 'AppError', reason: 'INVALID_ARGUMENT', field },
    );
    assert.ok(message.startsWith(`${field} must`), message);
    assert.match(message, problem);
    return true;
  });
}

const ASTRAL = '😀';
const UUID = '0190163d-8694-739b-aea5-966c26f8ad91';

/** Asserts that the check accepts a text exactly if its code point count and each code point are allowed. */
function assertCounts(check: typeof requireText): void {
  const texts = fc.string({ unit: 'binary', maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.nat(4), fc.integer({ min: 4, max: 8 }), (value, min, max) => {
      const trimmed = value.trim();
      const count = Array.from(trimmed).length;
      const plain = !/[\p{Cc}\p{Cs}]/u.test(trimmed);
      const result = (): string => check('name', value, { min, max });
      if (count >= min && count <= max && plain) assert.equal(result(), trimmed);
      else assert.throws(result, { reason: 'INVALID_ARGUMENT' });
    }),
    { numRuns: 2_000 },
  );
}

suite('requireText', () => {
  const bound = { min: 2, max: 5 };
  const text = (value: string): string => requireText('name', value, bound);

  test('counts characters; an astral character counts once', () => {
    for (const value of ['ab', 'abcde', ASTRAL.repeat(2), ASTRAL.repeat(5), `a${ASTRAL}`])
      assert.equal(text(value), value);
    for (const value of [
      '',
      'a',
      'abcdef',
      ASTRAL,
      ASTRAL.repeat(6),
      `abcde${ASTRAL}`,
      'x'.repeat(1_000_000),
    ])
      assertRefused(() => text(value), 'name', /must have 2 to 5 characters/);
    assertRefused(
      () => requireText('name', 'abc', { min: 0, max: 2 }),
      'name',
      /must have at most 2 characters/,
    );
    assert.equal(requireText('name', '', { min: 0, max: 2 }), '');
  });

  test('agrees with a simple count for any text', () => {
    assertCounts(requireText);
    // Known-bad twin: counts UTF-16 units, so an astral character counts twice.
    const units: typeof requireText = (field, value, { min, max }) => {
      const { length } = value.trim();
      return requireText(
        field,
        value,
        length < min || length > max ? { min: 99, max: 99 } : { min: 0, max: 99 },
      );
    };
    assert.throws(() => assertCounts(units), /Property failed/);
  });

  test('trims before it counts', () => {
    assert.equal(text(' \t\n abc \u00a0\u3000'), 'abc');
    assertRefused(() => text('   a   '), 'name', /must have 2 to 5/);
  });

  test('rejects NUL and every other control character', () => {
    const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
    for (const code of controls)
      assertRefused(
        () => text(`a${String.fromCharCode(code)}b`),
        'name',
        /must not contain control characters/,
      );
    for (const code of [0x20, 0x7e, 0xa0, 0xa1, 0x200d, 0xfffd]) text(`a${String.fromCharCode(code)}b`);
  });

  test('accepts line breaks and tabs with `lines`, and no other control character', () => {
    const lines = (value: string): string =>
      requireText('description', value, { min: 0, max: 9, lines: true });
    assert.equal(lines('a\r\n\tb'), 'a\r\n\tb');
    for (const code of [0x00, 0x08, 0x0b, 0x0c, 0x0e, 0x1f, 0x7f, 0x85, 0x9f])
      assertRefused(() => lines(`a${String.fromCharCode(code)}b`), 'description', /control characters/);
  });

  test('rejects lone surrogates, which UTF-8 cannot encode', () => {
    for (const value of ['a\ud83d', '\ude00a', 'a\ude00\ud83db'])
      assertRefused(() => text(value), 'name', /must be well-formed Unicode/);
  });
});

suite('requireUuid', () => {
  test('returns a UUID of any version in lower case', () => {
    assert.equal(requireUuid('id', UUID.toUpperCase()), UUID);
    assert.equal(
      requireUuid('id', '00000000-0000-0000-0000-000000000000'),
      '00000000-0000-0000-0000-000000000000',
    );
  });

  test('rejects other spellings, even those that PostgreSQL accepts', () => {
    for (const value of [
      '',
      ' ',
      UUID.slice(1),
      `${UUID}0`,
      ` ${UUID}`,
      `${UUID}\n`,
      `{${UUID}}`,
      UUID.replaceAll('-', ''),
      UUID.replace('d', 'g'),
      UUID.replace('0', '٠'),
    ])
      assertRefused(() => requireUuid('id', value), 'id', /must be a UUID/);
  });

  test('requireUuids names the invalid id, removes duplicates and limits the number', () => {
    assert.deepEqual(requireUuids('ids', [UUID, UUID.toUpperCase()], 2), [UUID]);
    assert.deepEqual(requireUuids('ids', [], 0), []);
    assertRefused(() => requireUuids('ids', [UUID, 'x'], 2), 'ids[1]', /must be a UUID/);
    assertRefused(() => requireUuids('ids', [UUID, UUID, UUID], 2), 'ids', /must have at most 2 ids/);
  });
});

test('requireWhole accepts whole numbers within its inclusive bounds', () => {
  for (const value of [1, 2, 10_000]) assert.equal(requireWhole('quantity', value, 1, 10_000), value);
  for (const value of [0, -1, 10_001, 1.5, NaN, Infinity, -Infinity, 2 ** 53])
    assertRefused(
      () => requireWhole('quantity', value, 1, 10_000),
      'quantity',
      /must be a whole number from 1 to 10000/,
    );
});

suite('requirePage', () => {
  const page = (init: MessageInitShape<typeof PageRequestSchema>) =>
    requirePage(create(PageRequestSchema, init));

  test('defaults to 20 rows without a size or a page request', () => {
    assert.equal(page({}).size, 20);
    assert.equal(requirePage(undefined).size, 20);
  });

  test('accepts its inclusive bounds', () => {
    assert.deepEqual(page({ size: 1 }), { size: 1, skip: 0, afterId: null, beforeId: null, fromEnd: false });
    assert.deepEqual(page({ size: 100, skip: 10_000, fromEnd: true }), {
      size: 100,
      skip: 10_000,
      afterId: null,
      beforeId: null,
      fromEnd: true,
    });
    const between = page({ size: 5, afterId: UUID.toUpperCase(), beforeId: UUID });
    assert.deepEqual([between.afterId, between.beforeId], [UUID, UUID]);
    for (const size of [-1, 101]) assertRefused(() => page({ size }), 'page.size', /from 1 to 100/);
    for (const skip of [-1, 10_001])
      assertRefused(() => page({ size: 1, skip }), 'page.skip', /from 0 to 10000/);
    assertRefused(() => page({ size: 1, afterId: 'x' }), 'page.afterId', /must be a UUID/);
    assertRefused(() => page({ size: 1, beforeId: 'x' }), 'page.beforeId', /must be a UUID/);
  });

  test('rejects skip together with an id', () => {
    for (const ids of [{ afterId: UUID }, { beforeId: UUID }])
      assertRefused(() => page({ size: 1, skip: 1, ...ids }), 'page.skip', /must be 0/);
  });

  test('two pages have the same key only if they are equal', () => {
    const anyPage = fc.record({
      size: fc.integer({ min: 1, max: 3 }),
      skip: fc.nat(2),
      afterId: fc.constantFrom(null, 'a', 'b'),
      beforeId: fc.constantFrom(null, 'a', 'b'),
      fromEnd: fc.boolean(),
    });
    fc.assert(
      fc.property(anyPage, anyPage, (one, other) => {
        assert.equal(pageKey(one) === pageKey(other), JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 2_000 },
    );
  });
});

suite('requireAll', () => {
  interface Form {
    readonly name: string;
    readonly id: string;
    readonly tags: readonly string[];
  }
  type Check = (form: Form) => unknown;
  const all: Check = ({ name, id, tags }) =>
    requireAll({
      name: () => requireText('name', name, { min: 1, max: 5 }),
      id: () => requireUuid('id', id),
      tags: () => requireEach(tags, (tag, index) => requireText(`tags[${index}]`, tag, { min: 1, max: 5 })),
    });
  const wrong: Form = { name: '', id: 'x', tags: ['ok', '', 'too long', 'fine'] };

  function assertReportsAll(check: Check): void {
    const error = thrownBy(() => check(wrong));
    assert.ok(error instanceof AppError);
    assert.equal(error.reason, 'INVALID_ARGUMENT');
    assert.deepEqual(
      error.violations.map(({ field, code }) => `${field} ${code}`),
      ['name', 'id', 'tags[1]', 'tags[2]'].map((field) => `${field} INVALID_ARGUMENT`),
    );
  }

  test('throws one error with every violation, in the order of the checks', () => assertReportsAll(all));

  test('known-bad twin: a check that stops at the first violation is detected', () => {
    const firstOnly: Check = ({ name, id }) => {
      requireText('name', name, { min: 1, max: 5 });
      requireUuid('id', id);
    };
    assert.throws(() => assertReportsAll(firstOnly), assert.AssertionError);
  });

  test('returns the results of the checks', () => {
    assert.deepEqual(all({ name: ' a ', id: UUID.toUpperCase(), tags: ['b'] }), {
      name: 'a',
      id: UUID,
      tags: ['b'],
    });
  });

  test('throws any other error immediately', () => {
    const bug = new TypeError('bug');
    const overload = new AppError('RESOURCE_EXHAUSTED', 'Too much.');
    for (const error of [bug, overload]) {
      const checks = {
        name: () => requireUuid('name', 'x'),
        other: () => {
          throw error;
        },
      };
      assert.equal(
        thrownBy(() => requireAll(checks)),
        error,
      );
    }
  });

  test('keeps at most 200 violations', () => {
    const error = thrownBy(() =>
      requireEach(Array.from({ length: 1_000 }), (_, index) => requireUuid(`ids[${index}]`, 'x')),
    );
    assert.ok(error instanceof AppError);
    assert.equal(error.violations.length, VIOLATIONS_MAX);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('did not throw');
}
