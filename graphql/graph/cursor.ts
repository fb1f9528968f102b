import { crc32 } from 'node:zlib';
import { refused, type AppError } from '#platform/errors.ts';

/** The fields that return lists with cursors. */
type ListName =
  | 'accountsConnection'
  | 'orders'
  | 'ordersConnection'
  | 'productsConnection'
  | 'searchProducts';

/** The list of a cursor. */
export interface CursorList {
  readonly name: ListName;
  /** The checksum of the name and of everything else that determines the items and their order. */
  readonly checksum: number;
}

/** A position in a list: the id of an item or a cursor of its service. */
export interface Cursor {
  readonly list: CursorList;
  readonly position: string;
}

/** Returns the list of a field. `dependsOn`: its query, filter, sort and parent; null properties are ignored. */
export function cursorList(name: ListName, dependsOn: Readonly<Record<string, unknown>> = {}): CursorList {
  return { name, checksum: crc32(name + sortedJson(dependsOn)) };
}

/** Returns JSON that does not depend on the order of properties or on whether a property is null or omitted. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    const given = Object.entries(each).filter(([, field]) => field != null);
    return Object.fromEntries(given.sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/**
 * The version of the format, the list, the checksum and the position. The checksum detects mistakes: a cursor of a list
 * with another query, filter, sort or parent, or a changed cursor. A forged cursor gives no access to other data.
 */
const TEXT = /^3:([a-zA-Z]{1,30}):([0-9a-f]{8}):([0-9a-z:.-]{1,90})$/;
const LENGTH_MAX = 200;

export function encodeCursor({ list, position }: Cursor): string {
  return Buffer.from(`3:${list.name}:${checksumOf(list, position)}:${position}`).toString('base64url');
}

function checksumOf(list: CursorList, position: string): string {
  return crc32(position, list.checksum).toString(16).padStart(8, '0');
}

/** Returns the position in a cursor of `list`. Throws INVALID_CURSOR on `field` for any other text. */
export function requirePosition(field: string, cursor: string, list: CursorList): string {
  const text = cursor.length <= LENGTH_MAX ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  const [, , , position = ''] = TEXT.exec(text) ?? [];
  // Compares the text: other texts can decode to the same bytes.
  if (position === '' || encodeCursor({ list, position }) !== cursor) throw invalidCursor(field);
  return position;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns a position in a list that is ordered by id. Throws INVALID_CURSOR on `field` for any other position. */
export function requireId(field: string, position: string): string {
  if (!ID.test(position)) throw invalidCursor(field);
  return position;
}

function invalidCursor(field: string): AppError {
  const message = 'The cursor was not returned by this list with the same query, filter, sort and parent.';
  return refused('INVALID_CURSOR', field, message);
}
