import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** A request with the name that a failure reports. */
export interface Attack {
  readonly name: string;
  /** The JSON body. */
  readonly body: string;
}

/** Ids of existing entities, by type name. */
export type KnownIds = Readonly<Record<'Account' | 'Product' | 'Order' | 'Category', string>>;

/** A position in the arguments of a field. */
export interface ArgumentPosition {
  /** For example `Mutation.createOrder(order.products[].quantity)`. */
  readonly name: string;
  /** Whether the position takes a list; otherwise it takes a leaf. */
  readonly isList: boolean;
  /** A request with the value at this position and valid values everywhere else. */
  request(value: unknown): string;
}

/** A field of an input object, or the items of a list. */
type Step = string;
const ITEM = '[]';
const INPUT_DEPTH_MAX = 5;

/** Every position in every argument of every reachable field. */
export function argumentPositions(schema: GraphQLSchema, ids: KnownIds): ArgumentPosition[] {
  return reachableTypes(schema, ids).flatMap(({ type, within }) =>
    Object.values(type.getFields()).flatMap((field) =>
      field.args.flatMap((arg) =>
        pathsInto(arg.type).map(({ steps, isList }): ArgumentPosition => {
          const path = [arg.name, ...steps].join('.');
          return {
            name: `${type.name}.${field.name}(${path})`,
            isList,
            request: (value) => requestWith(field, arg, steps, value, within, ids),
          };
        }),
      ),
    ),
  );
}

/** Each object type with a function that wraps a selection on the type in a document. */
export function reachableTypes(
  schema: GraphQLSchema,
  ids: KnownIds,
): { type: GraphQLObjectType; within: (selection: string) => string }[] {
  const found = new Map<string, { type: GraphQLObjectType; within: (selection: string) => string }>();
  for (const [kind, root] of [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const)
    if (root)
      found.set(root.name, {
        type: root,
        within: (selection) => `${kind} Attack$DECLARATIONS { ${selection} }`,
      });
  // Iterating over a map includes entries added during the loop, so that each type is reached by its shortest path.
  for (const { type, within } of found.values()) {
    if (type === schema.getMutationType()) continue;
    for (const field of Object.values(type.getFields())) {
      const child = getNamedType(field.type);
      if (!isObjectType(child) || found.has(child.name)) continue;
      const given = argumentsOf(field, ids);
      found.set(child.name, {
        type: child,
        within: (selection) => within(`${field.name}${given} { ${selection} }`),
      });
    }
  }
  return [...found.values()];
}

/** The required arguments of a field as literals, and the largest page size if the field takes one. */
export function argumentsOf(field: GraphQLField<unknown, unknown>, ids: KnownIds): string {
  const given = field.args.flatMap((arg) => {
    if (arg.name === 'first') return [`first: ${field.name === 'suggestProducts' ? 20 : 100}`];
    if (arg.name === 'pagination') return ['pagination: { take: 100 }'];
    if (!isNonNullType(arg.type) || arg.defaultValue !== undefined) return [];
    return [`${arg.name}: ${JSON.stringify(plainValue(arg.type, `${field.name}.${arg.name}`, ids))}`];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

function requestWith(
  field: GraphQLField<unknown, unknown>,
  attacked: GraphQLArgument,
  steps: readonly Step[],
  value: unknown,
  within: (selection: string) => string,
  ids: KnownIds,
): string {
  const args = field.args.filter(
    (arg) => arg === attacked || (isNonNullType(arg.type) && arg.defaultValue === undefined),
  );
  const named = getNamedType(field.type);
  const selection = isCompositeType(named) ? ' { __typename }' : '';
  const text = `${field.name}(${args.map(({ name }) => `${name}: $${name}`).join(', ')})${selection}`;
  const declarations = `(${args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ')})`;
  const variables = Object.fromEntries(
    args.map((arg) => {
      const path = `${field.name}.${arg.name}`;
      return [
        arg.name,
        arg === attacked ? valueWith(arg.type, steps, value, path, ids) : plainValue(arg.type, path, ids),
      ];
    }),
  );
  return JSON.stringify({ query: within(text).replace('$DECLARATIONS', declarations), variables });
}

/** The paths from an input type to its leaves and lists. */
function pathsInto(type: GraphQLInputType, depth = 0): { steps: Step[]; isList: boolean }[] {
  const nullable = getNullableType(type);
  if (depth > INPUT_DEPTH_MAX) return [];
  if (isListType(nullable)) {
    const inner = pathsInto(nullable.ofType, depth + 1);
    return [
      { steps: [], isList: true },
      ...inner.map(({ steps, isList }) => ({ steps: [ITEM, ...steps], isList })),
    ];
  }
  if (!isInputObjectType(nullable)) return [{ steps: [], isList: false }];
  return Object.values(nullable.getFields()).flatMap((field) =>
    pathsInto(field.type, depth + 1).map(({ steps, isList }) => ({ steps: [field.name, ...steps], isList })),
  );
}

function valueWith(
  type: GraphQLInputType,
  [step, ...steps]: readonly Step[],
  value: unknown,
  path: string,
  ids: KnownIds,
): unknown {
  const nullable = getNullableType(type);
  if (step === undefined) return value;
  if (isListType(nullable)) return [valueWith(nullable.ofType, steps, value, path, ids)];
  if (!isInputObjectType(nullable) || typeof step !== 'string')
    throw new Error(`${String(type)} has no inner values`);
  const field = nullable.getFields()[step];
  if (!field) throw new Error(`${nullable.name} has no ${step}`);
  const plain = plainValue(nullable, path, ids) as object;
  return { ...plain, [step]: valueWith(field.type, steps, value, `${path}.${step}`, ids) };
}

/** A small valid value. */
export function plainValue(type: GraphQLInputType, path: string, ids: KnownIds): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [plainValue(nullable.ofType, path, ids)];
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter(
      (field) => isNonNullType(field.type) && field.defaultValue === undefined,
    );
    return Object.fromEntries(
      required.map((field) => [field.name, plainValue(field.type, `${path}.${field.name}`, ids)]),
    );
  }
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (nullable.name === 'ID') return idFor(path, ids);
  return isLeafType(nullable) && nullable.name === 'String' ? 'phone' : 1;
}

function idFor(path: string, ids: KnownIds): string {
  if (/categor|parentId/i.test(path)) return ids.Category;
  if (/product/i.test(path)) return ids.Product;
  return path.endsWith('order.id') ? ids.Order : ids.Account;
}
