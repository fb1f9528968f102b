import type { Keys } from '#graphql/input-values.ts';

/**
 * Limits of the JSON in a request. They are checked before any other processing of the values, which can recurse or take
 * more than linear time.
 */
export const JSON_DEPTH_MAX = 64;
/** UTF-16 code units of one text: a description of 10,000 characters with two code units each. */
const TEXT_LENGTH_MAX = 20_000;
/** Items of one list; an order has at most 100. */
const ITEMS_MAX = 1_000;
/** Values in all lists and objects. */
const VALUES_MAX = 10_000;

/** Returns whether one of the first VALUES_MAX values is nested deeper than JSON_DEPTH_MAX. */
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

/** An error in a variable. */
export interface VariableProblem {
  /** The name of the variable; undefined if the error is about all variables. */
  readonly variable: string | undefined;
  /** The path within its value. */
  readonly keys: Keys;
  /** Continues a sentence that begins with the path. */
  readonly message: string;
}

/** Returns the first limit that the variables exceed, or undefined. The variables must not be nested too deep. */
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
      return {
        keys: [],
        message: `must have fewer values: all variables together can have at most ${VALUES_MAX}`,
      };
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
