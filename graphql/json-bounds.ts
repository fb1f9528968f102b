import type { Keys } from '#graphql/input-values.ts';

/**
 * Bounds of the JSON that a caller sends, held before anything else looks at its values: what comes after may take
 * more than linear time, or recurse.
 */
export const JSON_DEPTH_MAX = 64;
/** UTF-16 units of one text: a description of 10,000 characters of two units each. */
const TEXT_LENGTH_MAX = 20_000;
/** Items of one list; an order has at most 100. */
const ITEMS_MAX = 1_000;
/** Values of all lists and objects together. */
const VALUES_MAX = 10_000;

/** Whether one of the first VALUES_MAX values is nested deeper than JSON_DEPTH_MAX. */
export function isTooDeep(root: unknown): boolean {
  let level: unknown[] = [root];
  let values = 0;
  for (let depth = 0; depth < JSON_DEPTH_MAX; depth++) {
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
      for (const member of members) {
        values += 1;
        if (values > VALUES_MAX) break;
        below.push(member);
      }
    }
    level = below;
  }
  return level.some((value) => typeof value === 'object' && value !== null);
}

/** What is wrong with a variable. */
export interface VariableProblem {
  /** Its name; undefined if it is about all variables together. */
  readonly variable: string | undefined;
  /** The place in its value. */
  readonly keys: Keys;
  /** Continues a sentence that begins with the path. */
  readonly message: string;
}

/** The first bound that variables that are not too deep break; undefined if they are within bounds. */
export function brokenBound(variables: Readonly<Record<string, unknown>>): VariableProblem | undefined {
  let left = VALUES_MAX;
  const check = (value: unknown): { keys: Keys; message: string } | undefined => {
    if (typeof value === 'string')
      return value.length > TEXT_LENGTH_MAX
        ? { keys: [], message: `must have at most ${TEXT_LENGTH_MAX} characters` }
        : undefined;
    // JSON.parse reads 1e999 as Infinity, which JSON.stringify writes as null.
    if (typeof value === 'number' && !Number.isFinite(value))
      return { keys: [], message: 'must be a smaller number' };
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && value.length > ITEMS_MAX)
      return { keys: [], message: `must have at most ${ITEMS_MAX} items` };
    const keys = Object.keys(value);
    left -= keys.length;
    if (left < 0)
      return { keys: [], message: `must have fewer values: all variables have at most ${VALUES_MAX}` };
    for (const key of keys) {
      const problem = check(Reflect.get(value, key));
      if (problem) return { ...problem, keys: [Array.isArray(value) ? Number(key) : key, ...problem.keys] };
    }
    return undefined;
  };
  const broken = check(variables);
  if (!broken) return undefined;
  const [variable, ...keys] = broken.keys;
  return { variable: variable?.toString(), keys, message: broken.message };
}
