/** The products of the benchmarks. They are independent of `make seed`, so that figures stay comparable. */

const MAKES = [
  'Aurora',
  'Borealis',
  'Cascade',
  'Dune',
  'Ember',
  'Fjord',
  'Granite',
  'Harbour',
  'Indigo',
  'Juniper',
];
const QUALITIES = [
  'Wireless',
  'Compact',
  'Foldable',
  'Classic',
  'Lightweight',
  'Waterproof',
  'Silent',
  'Smart',
  'Organic',
  'Premium',
];
const KINDS = [
  ['Headphones', 'Clear sound and a soft fit for long days.'],
  ['Backpack', 'Room for a laptop, a lunch and the rest of the day.'],
  ['Kettle', 'Boils a litre in three minutes and switches itself off.'],
  ['Desk Lamp', 'Warm light that can be dimmed, on an arm that stays where it is put.'],
  ['Running Shoes', 'Cushioned for roads, with a sole that grips in the rain.'],
  ['Water Bottle', 'Keeps cold for a day and hot for half of it.'],
  ['Keyboard', 'Quiet keys with a short way down, for two computers.'],
  ['Coffee Grinder', 'Steel burrs, forty settings, little noise.'],
  ['Bicycle Light', 'Seen from two kilometres, charged in two hours.'],
  ['Notebook', 'A hundred and sixty dotted pages that lie flat.'],
] as const;

function pick<T>(from: readonly T[], index: number): T {
  const found = from[index % from.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** Product `index`. Its name ends with the index, so it is unique. */
export function productOf(index: number): { name: string; description: string; price: number } {
  const [kind, description] = pick(KINDS, index);
  const make = pick(MAKES, Math.floor(index / 10));
  const quality = pick(QUALITIES, Math.floor(index / 100));
  const cents = 499 + ((index * 7_919) % 50_000);
  return {
    name: `${make} ${quality} ${kind} ${String(index).padStart(5, '0')}`,
    description,
    price: cents / 100,
  };
}
