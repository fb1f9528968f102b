/** Values with too many parts, by name. Each fits into a body of 1 MiB. */
export function adversarialValues(): [name: string, value: unknown][] {
  const items = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
  const members = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, index]));
  return [
    ['100,000 numbers', items(100_000, 1)],
    ['1,000 empty texts', items(1_000, '')],
    ['1,000 nulls', items(1_000, null)],
    ['100,000 empty lists', items(100_000, [])],
    ['60 lists within lists', nested(60, (inner) => [inner])],
    ['60 objects within objects', nested(60, (inner) => ({ inner }))],
    ['a tree of lists', nested(15, (inner) => [inner, inner])],
    ['an object with 50,000 members', members(50_000)],
    ['an object with 900 members', members(900)],
  ];
}

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}
