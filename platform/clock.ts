import { randomFillSync } from 'node:crypto';

/** Where time and ids come from. Injected, so that tests decide both. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** A UUIDv7 (RFC 9562): sorts by creation time to the millisecond, and within one process strictly. */
  newId(): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const POOL = new Uint8Array(8 * 1024);

/** The real clock, or one that reads milliseconds from `now`. */
export function createClock(now: () => number = Date.now): Clock {
  let lastMs = 0;
  let sequence = 0;
  let poolAt = POOL.length;

  function newId(): string {
    // RFC 9562 method 1: 12 bits of counter in rand_a. The clock may stand still or step back; ids still grow.
    const nowMs = now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      sequence = 0;
    } else if (++sequence > 0xfff) {
      lastMs += 1;
      sequence = 0;
    }
    if (poolAt === POOL.length) {
      randomFillSync(POOL);
      poolAt = 0;
    }
    const hex = (byte: number): string => HEX[byte & 0xff] ?? '';
    const random = (): string => hex(POOL[poolAt++] ?? 0);
    const high = Math.floor(lastMs / 0x10000);
    return (
      `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-` +
      `${hex(lastMs >>> 8)}${hex(lastMs)}-` +
      `${hex(0x70 | (sequence >>> 8))}${hex(sequence)}-` +
      `${hex(0x80 | ((POOL[poolAt++] ?? 0) & 0x3f))}${random()}-` +
      `${random()}${random()}${random()}${random()}${random()}${random()}`
    );
  }

  return { now, newId };
}

export const systemClock: Clock = createClock();
