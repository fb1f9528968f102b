/**
 * The ids of order lines. They are not stored: an id is a UUIDv8 (RFC 9562, section 5.8) that consists of the id of the
 * order with 8 in place of the version 7, and of the line number in place of the last byte. Two orders have the same
 * first 15 bytes only if they are placed in the same millisecond and 66 further bits, 54 of them random, agree.
 */
const VERSION_AT = 14;
const NUMBER_AT = 34;
const ORDER_VERSION = '7';
const LINE_VERSION = '8';

/** Where a line is: the range of ids in which the id of its order lies, and the number of the line. */
export interface LinePlace {
  readonly firstOrderId: string;
  readonly lastOrderId: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** The id of a line. `orderId` is a UUIDv7 in lower case, `lineNumber` is from 0 to 255. */
export function lineIdOf(orderId: string, lineNumber: number): string {
  const number = (lineNumber & 0xff).toString(16).padStart(2, '0');
  return withVersion(LINE_VERSION, orderId) + number;
}

/** The place of the line with this id, a UUID in lower case; undefined for an id that no line can have. */
export function placeOf(lineId: string): LinePlace | undefined {
  if (lineId[VERSION_AT] !== LINE_VERSION) return undefined;
  const order = withVersion(ORDER_VERSION, lineId);
  const lineNumber = Number.parseInt(lineId.slice(NUMBER_AT), 16);
  return { firstOrderId: `${order}00`, lastOrderId: `${order}ff`, lineNumber };
}

const withVersion = (version: string, id: string): string =>
  id.slice(0, VERSION_AT) + version + id.slice(VERSION_AT + 1, NUMBER_AT);
