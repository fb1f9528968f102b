import { randomFillSync } from 'node:crypto';

/** The position of a call in a distributed trace: W3C Trace Context (https://www.w3.org/TR/trace-context/). */
export interface Trace {
  /** 32 hex digits, the same for everything that one request causes. */
  readonly traceId: string;
  /** 16 hex digits, new for each call. */
  readonly spanId: string;
  /** Two hex digits; 01 means that the trace is recorded. */
  readonly flags: string;
}

/** Version ff is invalid. Version 00 has nothing after the flags; a later version may. */
const TRACEPARENT =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
const POOL_BYTES = 24 * 256;
const pool = Buffer.alloc(POOL_BYTES);
let poolAt = POOL_BYTES;

function randomHex(bytes: number): string {
  if (poolAt + bytes > POOL_BYTES) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += bytes;
  return pool.toString('hex', poolAt - bytes, poolAt);
}

/** Continues the caller's trace if the header is well formed, otherwise starts a new one. */
export function continueTrace(traceparent: string | undefined): Trace {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (!match) return { traceId: randomHex(16), spanId: randomHex(8), flags: '00' };
  // Only the lowest flag is defined; the others are not propagated.
  const sampled = Number.parseInt(match[3] ?? '0', 16) & 1;
  return { traceId: match[1] ?? '', spanId: randomHex(8), flags: sampled === 1 ? '01' : '00' };
}

/** The trace id in a header; undefined if it is malformed. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1];
}

/** The header that propagates the trace. */
export function traceparentOf(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
}
