import { randomFillSync } from 'node:crypto';

/** The source of time and ids. Injected, so that tests control both. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * A monotonic clock in milliseconds from an arbitrary origin, for measuring ages: setting the system clock does not
   * affect it.
   */
  elapsedMs(): number;
  /** A UUIDv7 (RFC 9562). Ids sort by creation time to the millisecond; ids of one process sort strictly. */
  newId(): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** Random bytes are generated for 1,024 ids at a time, 8 bytes each. */
const POOL_BYTES = 8 * 1024;

/** The system clock, or a clock that reads milliseconds from `now`. */
export function createClock(now: () => number = Date.now): Clock {
  const elapsedMs = now === Date.now ? () => performance.now() : now;
  let lastMs = 0;
  let sequence = 0;
  const pool = new Uint8Array(POOL_BYTES);
  let poolAt = POOL_BYTES;

  function newId(): string {
    // RFC 9562 method 1: a 12-bit counter in rand_a. Ids keep increasing when the clock stops or steps back.
    const nowMs = now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      sequence = 0;
    } else if (++sequence > 0xfff) {
      lastMs += 1;
      sequence = 0;
    }
    if (poolAt === POOL_BYTES) {
      randomFillSync(pool);
      poolAt = 0;
    }
    const hex = (byte: number): string => HEX[byte & 0xff] ?? '';
    const random = (): string => hex(pool[poolAt++] ?? 0);
    const high = Math.floor(lastMs / 0x10000);
    return (
      `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-` +
      `${hex(lastMs >>> 8)}${hex(lastMs)}-` +
      `${hex(0x70 | (sequence >>> 8))}${hex(sequence)}-` +
      `${hex(0x80 | ((pool[poolAt++] ?? 0) & 0x3f))}${random()}-` +
      `${random()}${random()}${random()}${random()}${random()}${random()}`
    );
  }

  return { now, elapsedMs, newId };
}

export const systemClock: Clock = createClock();
