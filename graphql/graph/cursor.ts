import { crc32 } from 'node:zlib';
import { refused, type AppError } from '#platform/errors.ts';

/** The fields whose lists have cursors. */
type ListName =
  | 'accountsConnection'
  | 'orders'
  | 'ordersConnection'
  | 'productsConnection'
  | 'searchProducts';

/** A list that cursors belong to. */
export interface CursorList {
  readonly name: ListName;
  /** Checksum of the name and of everything else that decides which items the list has, in which order. */
  readonly checksum: number;
}

/** A place in a list: the id of an item or what its service calls the place. */
export interface Cursor {
  readonly list: CursorList;
  readonly place: string;
}

/** The list of a field; `dependsOn` is its query, filter, sort and parent, of which fields that are null do not count. */
export function cursorList(name: ListName, dependsOn: Readonly<Record<string, unknown>> = {}): CursorList {
  return { name, checksum: crc32(name + sortedJson(dependsOn)) };
}

/** Equal for objects that are written with their fields in another order, or with null for what is left out. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    const given = Object.entries(each).filter(([, field]) => field != null);
    return Object.fromEntries(given.sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/**
 * The version of the format, the list, the checksum and the place. The checksum catches mistakes: a cursor of a list
 * with another query, filter, sort or parent, or one that was changed. Whoever forges one reads no more than the list has.
 */
const TEXT = /^3:([a-zA-Z]{1,30}):([0-9a-f]{8}):([0-9a-z:.-]{1,90})$/;
const LENGTH_MAX = 200;

export function cursorText({ list, place }: Cursor): string {
  return Buffer.from(`3:${list.name}:${checksumOf(list, place)}:${place}`).toString('base64url');
}

function checksumOf(list: CursorList, place: string): string {
  return crc32(place, list.checksum).toString(16).padStart(8, '0');
}

/** The place that a cursor of `list` names. Throws INVALID_CURSOR on `field` for any other text. */
export function requirePlace(field: string, cursor: string, list: CursorList): string {
  const text = cursor.length <= LENGTH_MAX ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  const [, , , place = ''] = TEXT.exec(text) ?? [];
  // Also a text that decodes to the same bytes is not what the list returned.
  if (place === '' || cursorText({ list, place }) !== cursor) throw invalidCursor(field);
  return place;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A place in a list that is ordered by id. Throws INVALID_CURSOR on `field` for any other place. */
export function requireId(field: string, place: string): string {
  if (!ID.test(place)) throw invalidCursor(field);
  return place;
}

function invalidCursor(field: string): AppError {
  const message =
    'The cursor is not one that this list returned with the same query, filter, sort and parent.';
  return refused('INVALID_CURSOR', field, message);
}
