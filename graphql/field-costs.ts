import {
  getNamedType,
  getNullableType,
  GraphQLString,
  isCompositeType,
  isIntrospectionType,
  isListType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type ValueNode,
} from 'graphql';
import { PAGE_SIZE_MAX } from '#platform/limits.ts';

/** What the limits of a document have to know of a field. */
export interface FieldCost {
  /** The type of its selection; undefined for a leaf. */
  readonly type: GraphQLCompositeType | undefined;
  readonly isList: boolean;
  /** Fields of its selection that have as many items as its arguments say: those of a connection. */
  readonly sizedFields: ReadonlySet<string>;
  /** What the field costs, whatever it has: 1 for a plain property. */
  readonly weight: number;
  /** What each item or object of it costs beside the fields of its selection. */
  readonly itemWeight: number;
  /** What the items of its sized fields cost, whether these are selected or not: they are read. */
  readonly sizedWeight: number;
  /** Reads of a service that it may cause. */
  readonly reads: number;
  /** Bytes of one value in the answer at the most; of an object its brackets. */
  readonly bytesMax: number;
  /** How many items it, or its sized fields, have. */
  items(node: FieldNode): Items;
}

export interface Items {
  readonly assumed: number;
  readonly max: number;
}

/** Without a bound of its own a list has at most as many items as a page, and is assumed to. */
const ITEMS_MAX = PAGE_SIZE_MAX;
/** Lists of the schema about itself are short but for the one of all types. */
const INTROSPECTION_ITEMS = 6;
/** Characters of a text without @textLength: those of the longest there is, a description. */
const TEXT_LENGTH_MAX = 10_000;
const CHARACTER_BYTES_MAX = 4;
/** Bytes of an id, a number, a moment, a cursor or a word of an enum. */
const LEAF_BYTES_MAX = 200;

/** Finds what a field costs, by its parent's type; undefined for a field that the type does not have. */
export function createFieldCosts(
  schema: GraphQLSchema,
): (parent: GraphQLCompositeType, name: string) => FieldCost | undefined {
  const known = new Map<string, FieldCost>();
  return (parent, name) => {
    const key = `${parent.name}.${name}`;
    const found = known.get(key);
    if (found) return found;
    const field = fieldOf(schema, parent, name);
    const cost = field && costOf(schema, parent, field);
    if (cost) known.set(key, cost);
    return cost;
  };
}

function fieldOf(schema: GraphQLSchema, parent: GraphQLCompositeType, name: string) {
  if (parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return 'getFields' in parent ? parent.getFields()[name] : undefined;
}

function costOf(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  field: GraphQLField<unknown, unknown>,
): FieldCost {
  const named = getNamedType(field.type);
  const type = isCompositeType(named) ? named : undefined;
  const isList = isListType(getNullableType(field.type));
  const listSize = argumentsOf(field, 'listSize');
  const paths = wordsOf(listSize['slicingArguments']).map((path) => path.split('.'));
  const sizedFields = new Set(wordsOf(listSize['sizedFields']));
  const isIntrospection = isIntrospectionType(parent);
  const assumed = isIntrospection
    ? introspectionItems(schema, field.name)
    : (defaultSize(field, paths) ?? numberOf(listSize['assumedSize'], ITEMS_MAX));
  const isEdgeNode = field.name === 'node' && parent.name.endsWith('Edge');
  const isRead = !isIntrospection && type !== undefined && (isList || sizedFields.size > 0);
  return {
    type,
    isList,
    sizedFields,
    weight: weightOf(field, usualWeight(field, named, isIntrospection)),
    // The node of an edge was counted with its connection.
    itemWeight: isEdgeNode ? 1 : type || isList ? weightOf(named, 1) : 0,
    sizedWeight: Math.max(0, ...[...sizedFields].map((name) => sizedWeightOf(type, name))),
    reads: numberOf(argumentsOf(field, 'reads')['count'], 0) + (isRead ? 1 : 0),
    bytesMax: type ? 2 : leafBytesMax(field, named),
    items: (node) => {
      if (paths.length === 0) return { assumed, max: Math.max(assumed, ITEMS_MAX) };
      const size = pageSize(node, paths, assumed);
      return { assumed: size, max: size };
    },
  };
}

/** What @cost says. */
function weightOf(element: Directed, otherwise: number): number {
  return numberOf(argumentsOf(element, 'cost')['weight'], otherwise);
}

function sizedWeightOf(connection: GraphQLCompositeType | undefined, name: string): number {
  const field = connection && 'getFields' in connection ? connection.getFields()[name] : undefined;
  return field ? weightOf(getNamedType(field.type), 1) : 0;
}

/** By what has to be done for a value, where @cost does not say. */
function usualWeight(
  field: GraphQLField<unknown, unknown>,
  type: GraphQLNamedType,
  isIntrospection: boolean,
): number {
  if (isCompositeType(type)) return field.resolve === undefined || isIntrospection ? 1 : 8;
  return weightOf(type, field.resolve === undefined || isIntrospection ? 1 : 4);
}

function leafBytesMax(field: GraphQLField<unknown, unknown>, type: GraphQLNamedType): number {
  if (type !== GraphQLString) return LEAF_BYTES_MAX;
  return CHARACTER_BYTES_MAX * numberOf(argumentsOf(field, 'textLength')['max'], TEXT_LENGTH_MAX);
}

function introspectionItems(schema: GraphQLSchema, field: string): number {
  return field === 'types' ? Object.keys(schema.getTypeMap()).length : INTROSPECTION_ITEMS;
}

/** The default value of an argument that gives the size. */
function defaultSize(
  field: GraphQLField<unknown, unknown>,
  paths: readonly (readonly string[])[],
): number | undefined {
  const values = paths.map(([name]) => field.args.find((argument) => argument.name === name)?.defaultValue);
  return values.find((value) => typeof value === 'number');
}

/** The size that an argument gives; the largest page for a variable, `otherwise` where none is given. */
function pageSize(node: FieldNode, paths: readonly (readonly string[])[], otherwise: number): number {
  if (node.arguments?.some(({ name, value }) => name.value === 'id' && value.kind === Kind.STRING)) return 1;
  for (const [argument, ...path] of paths) {
    const value = node.arguments?.find(({ name }) => name.value === argument)?.value;
    const size = sizeIn(value, path);
    if (size !== undefined) return size;
  }
  return otherwise;
}

function sizeIn(value: ValueNode | undefined, path: readonly string[]): number | undefined {
  if (value === undefined || value.kind === Kind.NULL) return undefined;
  if (value.kind === Kind.INT) return Math.min(Math.max(Number(value.value), 1), ITEMS_MAX);
  if (value.kind === Kind.LIST) return Math.min(Math.max(value.values.length, 1), ITEMS_MAX);
  const [key, ...rest] = path;
  if (value.kind === Kind.OBJECT && key !== undefined)
    return sizeIn(value.fields.find(({ name }) => name.value === key)?.value, rest);
  return ITEMS_MAX;
}

type Directed = Pick<GraphQLField<unknown, unknown> | GraphQLNamedType, 'astNode'>;

/** The arguments of a directive of the SDL, as it is written there. */
function argumentsOf(element: Directed, directive: string): Record<string, ValueNode> {
  const node = element.astNode?.directives?.find(({ name }) => name.value === directive);
  return Object.fromEntries((node?.arguments ?? []).map(({ name, value }) => [name.value, value]));
}

function wordsOf(value: ValueNode | undefined): string[] {
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}

function numberOf(value: ValueNode | undefined, otherwise: number): number {
  return value?.kind === Kind.INT || value?.kind === Kind.STRING ? Number(value.value) : otherwise;
}
