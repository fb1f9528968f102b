/**
 * The ids of order lines. They are derived, not stored: a line id is a UUIDv8 (RFC 9562, section 5.8) with the bytes of
 * the order id, except that the version is 8 instead of 7 and the last byte is the line number. Two orders have the same
 * first 15 bytes only if they are placed in the same millisecond and 66 further bits, 54 of them random, are equal.
 */
const VERSION_AT = 14;
const NUMBER_AT = 34;
const ORDER_VERSION = '7';
const LINE_VERSION = '8';

/** The key of a line: the range that contains the id of its order, and the line number. */
export interface LineKey {
  readonly firstOrderId: string;
  readonly lastOrderId: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** Returns the id of a line. `orderId` is a UUIDv7 in lower case, `lineNumber` is from 0 to 255. */
export function lineIdOf(orderId: string, lineNumber: number): string {
  const number = (lineNumber & 0xff).toString(16).padStart(2, '0');
  return withVersion(LINE_VERSION, orderId) + number;
}

/** Returns the key of the line with this id, a UUID in lower case; undefined for an id that no line can have. */
export function lineKeyOf(lineId: string): LineKey | undefined {
  if (lineId[VERSION_AT] !== LINE_VERSION) return undefined;
  const order = withVersion(ORDER_VERSION, lineId);
  const lineNumber = Number.parseInt(lineId.slice(NUMBER_AT), 16);
  return { firstOrderId: `${order}00`, lastOrderId: `${order}ff`, lineNumber };
}

const withVersion = (version: string, id: string): string =>
  id.slice(0, VERSION_AT) + version + id.slice(VERSION_AT + 1, NUMBER_AT);
