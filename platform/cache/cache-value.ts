import { crc32 } from 'node:zlib';

/**
 * The format of a value in Redis: `F1`, the version in 19 digits (so that a script can compare it as text), the start
 * of the read in ms as a double, the CRC-32 of all other bytes, then the entity.
 */
const FORMAT = 'F1';
const VERSION_DIGITS = 19;
const MOMENT_AT = FORMAT.length + VERSION_DIGITS;
const CHECKSUM_AT = MOMENT_AT + 8;
const BYTES_AT = CHECKSUM_AT + 4;

export interface CacheValue {
  readonly version: bigint;
  readonly momentMs: number;
  readonly bytes: Uint8Array;
}

/** The prefix of a value that scripts compare: the format, then the version. */
export function versionText(version: bigint): string {
  return FORMAT + String(version).padStart(VERSION_DIGITS, '0');
}

/** Encodes a value for Redis; `decodeValue` is the inverse. */
export function encodeValue({ version, momentMs, bytes }: CacheValue): Buffer {
  const value = Buffer.allocUnsafe(BYTES_AT + bytes.length);
  value.write(versionText(version), 'latin1');
  value.writeDoubleBE(momentMs, MOMENT_AT);
  value.set(bytes, BYTES_AT);
  value.writeUInt32BE(checksumOf(value), CHECKSUM_AT);
  return value;
}

/** Returns undefined for bytes that `encodeValue` did not write. */
export function decodeValue(value: Buffer): CacheValue | undefined {
  if (value.length < BYTES_AT || value.toString('latin1', 0, FORMAT.length) !== FORMAT) return undefined;
  const digits = value.toString('latin1', FORMAT.length, MOMENT_AT);
  if (!/^\d+$/.test(digits) || value.readUInt32BE(CHECKSUM_AT) !== checksumOf(value)) return undefined;
  return {
    version: BigInt(digits),
    momentMs: value.readDoubleBE(MOMENT_AT),
    bytes: value.subarray(BYTES_AT),
  };
}

function checksumOf(value: Buffer): number {
  return crc32(value.subarray(BYTES_AT), crc32(value.subarray(0, CHECKSUM_AT)));
}
