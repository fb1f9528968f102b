import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDateTime } from '#graphql/graph/date-time.ts';

const anyDate = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') });

test('every time is parsed exactly, with any offset', () => {
  fc.assert(
    fc.property(anyDate, fc.integer({ min: -1_439, max: 1_439 }), (date, offset) => {
      if (Number.isNaN(date.getTime())) return;
      assert.equal(parseDateTime(date.toISOString()), date.getTime());
      const local = new Date(date.getTime() + offset * 60_000);
      if (local.getUTCFullYear() < 0 || local.getUTCFullYear() > 9_999) return;
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const pad = (part: number): string => String(part).padStart(2, '0');
      const text = `${local.toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes)}`;
      assert.equal(parseDateTime(text), date.getTime(), text);
    }),
  );
});

test('fractions of a millisecond are rounded up', () => {
  for (const [fraction, ms] of [
    ['5', 500],
    ['123', 123],
    ['123000000', 123],
    ['123000001', 124],
    ['999999', 1_000],
  ] as const)
    assert.equal(parseDateTime(`1970-01-01T00:00:00.${fraction}Z`), ms);
});

test('texts that violate RFC 3339 and nonexistent dates are rejected; twin: Date.parse accepts many of them', () => {
  const rejected = [
    '',
    '2026-01-31',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00.1234567890Z',
    '2026-01-31T12:00:00+0200',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T24:00:00Z',
    '2026-01-31T23:59:60Z',
    '2026-02-29T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '+02026-01-31T12:00:00Z',
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    '٢٠٢٦-01-31T12:00:00Z',
    `2026-01-31T12:00:00.${'0'.repeat(100_000)}Z`,
  ];
  for (const text of rejected) assert.equal(parseDateTime(text), undefined, text);
  assert.ok(rejected.filter((text) => !Number.isNaN(Date.parse(text))).length > 4);
});
