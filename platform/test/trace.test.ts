import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continueTrace, traceIdOf, traceparentOf } from '#platform/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const ACCEPTED = [
  `00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-00`,
  // A later version may have more after the known fields.
  `cc-${TRACE}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01-what-the-future-brings`,
];

/** The cases of the W3C test suite for traceparent: each starts a new trace. */
const REFUSED = [
  undefined,
  '',
  'nonsense',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}-0x`,
  `00-${TRACE}-${SPAN}`,
  `0-${TRACE}-${SPAN}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01.`,
  ` 00-${TRACE}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01.more`,
];

for (const header of ACCEPTED) {
  test(`continues the trace of ${header}`, () => {
    const trace = continueTrace(header);
    assert.equal(trace.traceId, TRACE);
    assert.equal(traceIdOf(header), TRACE);
    assert.notEqual(trace.spanId, SPAN, 'the span was not changed');
    assert.equal(traceparentOf(trace), `00-${TRACE}-${trace.spanId}-${header.slice(53, 55)}`);
  });
}

for (const header of REFUSED) {
  test(`starts a new trace for ${header ?? 'no header'}`, () => {
    const trace = continueTrace(header);
    assert.notEqual(trace.traceId, TRACE);
    assert.equal(traceIdOf(header), undefined);
    assert.match(traceparentOf(trace), /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
  });
}

test('trace and span ids are unique', () => {
  const traces = Array.from({ length: 2_000 }, () => continueTrace(undefined));
  assert.equal(new Set(traces.map(({ traceId }) => traceId)).size, 2_000);
  assert.equal(new Set(traces.map(({ spanId }) => spanId)).size, 2_000);
});
