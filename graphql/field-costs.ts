import {
  getNamedType,
  getNullableType,
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
import { PAGE_SIZE_MAX } from '#platform/input.ts';

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
/** A search works these out in statements of their own. */
const READS: Readonly<Record<string, number>> = {
  'ProductSearchConnection.didYouMean': 4,
  'ProductSearchConnection.facets': 2,
};
/** Bytes of texts at the most, four a character. Any other text counts as the longest there is, a description. */
const LONG_TEXT_BYTES_MAX = 40_000;
const TEXT_BYTES_MAX: Readonly<Record<string, number>> = {
  'Account.name': 800,
  'Category.name': 400,
  'OrderedProduct.description': 2_000,
  'OrderedProduct.name': 800,
  'Product.name': 800,
  'Product.tags': 160,
  'ProductSuggestion.text': 800,
};
/** Scalars whose values are not in the answer as they are. */
const SCALAR_WEIGHTS: Readonly<Record<string, number>> = { Cursor: 5, DateTime: 8, Money: 4 };
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
  const name = `${parent.name}.${field.name}`;
  const named = getNamedType(field.type);
  const type = isCompositeType(named) ? named : undefined;
  const isList = isListType(getNullableType(field.type));
  const listSize = argumentsOf(field, 'listSize');
  const paths = wordsOf(listSize['slicingArguments']).map((path) => path.split('.'));
  const sizedFields = new Set(wordsOf(listSize['sizedFields']));
  const isIntrospection = isIntrospectionType(parent);
  const assumed = isIntrospection
    ? introspectionItems(schema, field.name)
    : numberOf(listSize['assumedSize'], ITEMS_MAX);
  const isEdgeNode = field.name === 'node' && parent.name.endsWith('Edge');
  const isRead = !isIntrospection && type !== undefined && (isList || sizedFields.size > 0);
  return {
    type,
    isList,
    sizedFields,
    weight: numberOf(argumentsOf(field, 'cost')['weight'], usualWeight(field, named, isIntrospection)),
    // The node of an edge was counted with its connection.
    itemWeight: isEdgeNode ? 1 : itemWeightOf(named, type !== undefined || isList ? 1 : 0),
    sizedWeight: Math.max(0, ...[...sizedFields].map((name) => sizedWeightOf(type, name))),
    reads: (READS[name] ?? 0) + (isRead ? 1 : 0),
    bytesMax: type ? 2 : leafBytesMax(name, named.name),
    items: (node) => {
      if (paths.length === 0) return { assumed, max: Math.max(assumed, ITEMS_MAX) };
      const size = pageSize(node, paths, assumed);
      return { assumed: size, max: size };
    },
  };
}

/** What an object of a type costs, or an item of a list of leaves. */
function itemWeightOf(type: GraphQLNamedType, otherwise: number): number {
  return numberOf(argumentsOf(type, 'cost')['weight'], otherwise);
}

function sizedWeightOf(connection: GraphQLCompositeType | undefined, name: string): number {
  const field = connection && 'getFields' in connection ? connection.getFields()[name] : undefined;
  return field ? itemWeightOf(getNamedType(field.type), 1) : 0;
}

/** By what has to be done for a value, where @cost does not say. */
function usualWeight(
  field: GraphQLField<unknown, unknown>,
  type: GraphQLNamedType,
  isIntrospection: boolean,
): number {
  const scalarWeight = SCALAR_WEIGHTS[type.name];
  if (scalarWeight !== undefined) return scalarWeight;
  if (field.resolve === undefined || isIntrospection) return 1;
  return isCompositeType(type) ? 8 : 4;
}

function leafBytesMax(field: string, type: string): number {
  if (type !== 'String') return LEAF_BYTES_MAX;
  return TEXT_BYTES_MAX[field] ?? LONG_TEXT_BYTES_MAX;
}

function introspectionItems(schema: GraphQLSchema, field: string): number {
  return field === 'types' ? Object.keys(schema.getTypeMap()).length : INTROSPECTION_ITEMS;
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

/** The arguments of a directive of the SDL, as it is written there. */
function argumentsOf(
  element: Pick<GraphQLField<unknown, unknown> | GraphQLNamedType, 'astNode'>,
  directive: string,
): Record<string, ValueNode> {
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
