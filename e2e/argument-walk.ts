import assert from 'node:assert/strict';
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { createSchemas } from '#graphql/graph/schema.ts';
import type { GraphQLResult, TestShop } from '#testkit/shop.ts';
import { plainValue } from './attack/requests.ts';
import { FUZZ_CURSORS, FUZZ_NUMBERS, FUZZ_TEXTS, FUZZ_VALUES, UNKNOWN_ID } from './fuzz-input.ts';

/** Sends invalid and unusual values in every argument of every operation. */

const { schema } = createSchemas(2);
const IDS = { Account: UNKNOWN_ID, Product: UNKNOWN_ID, Order: UNKNOWN_ID, Category: UNKNOWN_ID };
const plain = (type: GraphQLInputType): unknown => plainValue(type, '', IDS);
const CONCURRENCY = 8;

type Field = GraphQLField<unknown, unknown>;

export interface WalkResult {
  /** The name of the root field. */
  readonly field: string;
  readonly result: GraphQLResult;
  readonly request: string;
}

interface Request {
  readonly field: string;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Replaces each argument, each input field and each list item in turn with each fuzz value. */
export async function walkArguments(shop: TestShop): Promise<WalkResult[]> {
  const requests = rootFields().flatMap(({ kind, field }) => requestsOf(kind, field));
  const results: WalkResult[] = [];
  const pending = requests.values();
  const worker = async (): Promise<void> => {
    for (const { field, query, variables } of pending) {
      const result = await shop.graphql(query, variables);
      results.push({ field, result, request: `${query} ${JSON.stringify(variables).slice(0, 500)}` });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

function rootFields(): { kind: 'query' | 'mutation'; field: Field }[] {
  const of = (kind: 'query' | 'mutation', type?: GraphQLObjectType | null) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({ kind, field }));
  return [...of('query', schema.getQueryType()), ...of('mutation', schema.getMutationType())];
}

function requestsOf(kind: string, field: Field): Request[] {
  const base = Object.fromEntries(
    field.args.filter(isRequiredArgument).map((arg) => [arg.name, plain(arg.type)]),
  );
  return field.args.flatMap((arg) =>
    variantsOf(arg.type).map((value) => {
      const given = { ...base, [arg.name]: value };
      const used = field.args.filter(({ name }) => name in given);
      const declared = used.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
      const passed = used.map(({ name }) => `${name}: $${name}`).join(', ');
      const query = `${kind}(${declared}) { ${field.name}(${passed}) ${selection(field.type)} }`;
      return { field: field.name, query, variables: given };
    }),
  );
}

/** Selects leaf fields to a depth of two levels, so that every resolver calls its service. */
function selection(type: GraphQLOutputType, depth = 0): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return isCompositeType(named) ? '{ __typename }' : '';
  const fields = Object.values(named.getFields()).filter(
    (field) =>
      !field.args.some(isRequiredArgument) && (!isCompositeType(getNamedType(field.type)) || depth === 0),
  );
  const texts = fields.map((field) => `${field.name} ${selection(field.type, depth + 1)}`);
  return `{ ${texts.length > 0 ? texts.join(' ') : '__typename'} }`;
}

/** Values of the type in which exactly one part is a fuzz value. */
function variantsOf(type: GraphQLInputType): unknown[] {
  const nullable = getNullableType(type);
  const whole = [...fuzzValues(nullable)];
  if (isListType(nullable)) {
    const item = plain(nullable.ofType);
    const items = variantsOf(nullable.ofType).map((value) => [item, value, item]);
    return [...whole, ...items, Array.from({ length: 101 }, () => item), []];
  }
  if (!isInputObjectType(nullable)) return whole;
  const base = plain(type) as object;
  const members = Object.values(nullable.getFields()).flatMap((field) =>
    variantsOf(field.type).map((value) => Object.assign({}, base, { [field.name]: value })),
  );
  return [...whole, ...members];
}

function fuzzValues(type: GraphQLInputType): readonly unknown[] {
  const name = String(type);
  if (name === 'Int' || name === 'Money')
    return [null, 'x', {}, ...FUZZ_NUMBERS.map(Number).filter(Number.isFinite)];
  if (name === 'Cursor') return [null, 7, ...FUZZ_CURSORS];
  if (name === 'String' || name === 'ID') return [null, 7, {}, 'x'.repeat(20_001), ...FUZZ_TEXTS];
  return FUZZ_VALUES;
}

/** Every input path in the errors of an answer. */
export function pathsOf({ data, errors }: GraphQLResult): string[] {
  const payloads = Object.values<{ userErrors?: { field: string }[] } | null>(data ?? {});
  const topLevel = errors?.flatMap(({ extensions: { field, violations = [] } }) =>
    [{ field }, violations].flat(),
  );
  const inPayloads = payloads.flatMap((payload) => payload?.userErrors ?? []);
  return [...(topLevel ?? []), ...inPayloads].flatMap(({ field }) => field ?? []);
}

/** The guarantee: each path in an error is a path in the arguments of the root field. */
export function assertArgumentPaths(name: string, result: GraphQLResult, request: string): void {
  const field = rootFields().find((each) => each.field.name === name)?.field;
  assert.ok(field, name);
  for (const path of pathsOf(result))
    assert.ok(isArgumentPath(field, path), `${path} is not a path in the arguments of ${name}: ${request}`);
}

function isArgumentPath(field: Field, path: string): boolean {
  const [root = '', ...keys] = path.split(/\.|(?=\[)/);
  let type: GraphQLInputType | undefined = field.args.find((arg) => arg.name === root)?.type;
  for (const key of keys) {
    const nullable: GraphQLInputType | undefined = type && getNullableType(type);
    if (isListType(nullable) && /^\[\d+\]$/.test(key)) type = nullable.ofType;
    else if (isInputObjectType(nullable)) type = nullable.getFields()[key]?.type;
    else return false;
  }
  return type !== undefined;
}
