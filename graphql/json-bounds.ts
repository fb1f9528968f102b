/**
 * Bounds of the JSON that a caller sends, held before anything else looks at its values: what comes after may take
 * more than linear time, or recurse.
 */
export const JSON_DEPTH_MAX = 64;
/** UTF-16 units of one text: a description of 10,000 characters of two units each. */
export const TEXT_LENGTH_MAX = 20_000;
/** Items of one list; an order has at most 100. */
export const ITEMS_MAX = 1_000;
/** Values of all lists and objects together. */
export const VALUES_MAX = 10_000;

/** Whether a value is nested deeper than JSON_DEPTH_MAX. */
export function isTooDeep(value: unknown, levels = JSON_DEPTH_MAX): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isTooDeep(Reflect.get(value, key), levels - 1)) return true;
  return false;
}

/** What is wrong with a value that is not too deep, with its path; undefined if it is within bounds. */
export function brokenBound(path: string, value: unknown): string | undefined {
  let values = 0;
  const check = (path: string, value: unknown): string | undefined => {
    values += 1;
    if (values > VALUES_MAX) return `${path}: there are more than ${VALUES_MAX} values in all.`;
    if (typeof value === 'string') {
      return value.length > TEXT_LENGTH_MAX
        ? `${path} must have at most ${TEXT_LENGTH_MAX} characters.`
        : undefined;
    }
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Array.isArray(value)) return checkAll(Object.entries(value), (name) => `${path}.${name}`);
    if (value.length > ITEMS_MAX) return `${path} must have at most ${ITEMS_MAX} items.`;
    return checkAll([...value.entries()], (index) => `${path}[${index}]`);
  };
  const checkAll = <K>(members: readonly (readonly [K, unknown])[], pathOf: (key: K) => string) => {
    for (const [key, member] of members) {
      const problem = check(pathOf(key), member);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return check(path, value);
}
