import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type ValueNode,
} from 'graphql';
import { AppError, type Violation } from '#platform/errors.ts';

/** The path of a value within the value of an argument or a variable. */
export type Keys = readonly (string | number)[];

/** An error in a part of a value. */
export interface Problem {
  readonly keys: Keys;
  readonly code: Violation['code'];
  readonly message: string;
}

/** A literal in a document or the value of a variable. */
export interface Given {
  /** A variable within a literal is checked with the variables. */
  readonly isVariable: boolean;
  readonly isNull: boolean;
  /** Undefined if it is not a list. */
  readonly items: readonly Given[] | undefined;
  /** Undefined if it is not an object. */
  readonly fields: ReadonlyMap<string, Given> | undefined;
  /** Throws if it is not a value of the type. */
  parse(type: GraphQLLeafType): unknown;
}

export function ofLiteral(node: ValueNode): Given {
  return {
    isVariable: node.kind === Kind.VARIABLE,
    isNull: node.kind === Kind.NULL,
    items: node.kind === Kind.LIST ? node.values.map(ofLiteral) : undefined,
    fields:
      node.kind === Kind.OBJECT
        ? new Map(node.fields.map(({ name, value }) => [name.value, ofLiteral(value)]))
        : undefined,
    parse: (type) => type.parseLiteral(node, undefined),
  };
}

export function ofJson(value: unknown): Given {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return {
    isVariable: false,
    isNull: value === null,
    items: Array.isArray(value) ? value.map(ofJson) : undefined,
    fields: isObject ? new Map(Object.entries(value).map(([name, each]) => [name, ofJson(each)])) : undefined,
    parse: (type) => type.parseValue(value),
  };
}

/**
 * Returns the errors of a value of a type, the same for literals and variables. They are the errors that graphql-js
 * finds, but with their paths and without a copy of the input.
 */
export function problemsOf(given: Given | undefined, type: GraphQLInputType, keys: Keys): Problem[] {
  if (given?.isVariable) return [];
  if (isNonNullType(type)) {
    if (given === undefined) return [problem(keys, 'is required')];
    if (given.isNull) return [problem(keys, 'must not be null')];
    return problemsOf(given, type.ofType, keys);
  }
  if (given === undefined || given.isNull) return [];
  if (isListType(type)) {
    // GraphQL coerces a single value to a list with one item.
    const items = given.items ?? [given];
    return items.flatMap((item, index) => problemsOf(item, type.ofType, [...keys, index]));
  }
  if (isInputObjectType(type)) return problemsOfObject(given, type, keys);
  try {
    if (given.parse(type) !== undefined) return [];
  } catch (error) {
    const [violation] = error instanceof AppError ? error.violations : [];
    if (violation) return [{ keys, code: violation.code, message: violation.message }];
  }
  return [problem(keys, expected(type))];
}

function problemsOfObject({ fields: given }: Given, type: GraphQLInputObjectType, keys: Keys): Problem[] {
  if (!given) return [problem(keys, 'must be an object')];
  const fields = type.getFields();
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(fields, name));
  return [
    ...unknown.map((name) => problem(keys, `must not have a field "${name.slice(0, NAME_LENGTH_MAX)}"`)),
    ...Object.values(fields).flatMap((field) => {
      const value = given.get(field.name);
      if (value === undefined && field.defaultValue !== undefined) return [];
      return problemsOf(value, field.type, [...keys, field.name]);
    }),
  ];
}

/** The maximum characters of an unknown field name in an error. */
const NAME_LENGTH_MAX = 50;

const EXPECTED: Readonly<Record<string, string>> = {
  Boolean: 'must be true or false',
  Float: 'must be a number',
  ID: 'must be a string or a whole number',
  Int: 'must be a whole number of 32 bits',
  String: 'must be a string',
};

function expected(type: GraphQLLeafType): string {
  if (isEnumType(type))
    return `must be one of ${type
      .getValues()
      .map(({ name }) => name)
      .join(', ')}`;
  return EXPECTED[type.name] ?? `must be a ${type.name}`;
}

function problem(keys: Keys, message: string): Problem {
  return { keys, code: 'INVALID_ARGUMENT', message };
}

/** Returns the keys up to the first that a value of the type cannot have. */
export function knownKeys(type: GraphQLInputType, [key, ...rest]: Keys): Keys {
  if (isNonNullType(type)) return knownKeys(type.ofType, key === undefined ? [] : [key, ...rest]);
  if (key === undefined) return [];
  if (isListType(type))
    return typeof key === 'number'
      ? [key, ...knownKeys(type.ofType, rest)]
      : [0, ...knownKeys(type.ofType, [key, ...rest])];
  const fields = isInputObjectType(type) ? type.getFields() : {};
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return field ? [key, ...knownKeys(field.type, rest)] : [];
}

/** Formats a path for errors, e.g. `order.products[0].quantity`. */
export function pathText([root = '', ...keys]: Keys): string {
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`),
    String(root),
  );
}
