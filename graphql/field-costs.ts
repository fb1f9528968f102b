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

/** The properties of a field that the limits of a document use. */
export interface FieldCost {
  /** The type of its selection set; undefined for a leaf. */
  readonly type: GraphQLCompositeType | undefined;
  readonly isList: boolean;
  /** Fields of its selection set whose number of items is set by its arguments, as in a connection. */
  readonly sizedFields: ReadonlySet<string>;
  /** The cost of the field itself: 1 for a plain property. */
  readonly weight: number;
  /** The cost of each of its items or objects, without the fields of the selection set. */
  readonly itemWeight: number;
  /** The cost of an item of its sized fields. It counts even if these are not selected, because the items are read. */
  readonly sizedWeight: number;
  /** The reads of a service that it can cause. */
  readonly reads: number;
  /** The maximum bytes of one value in the response; for an object, of its brackets. */
  readonly bytesMax: number;
  /** Returns the number of items of the field or of its sized fields. */
  items(node: FieldNode): Items;
}

export interface Items {
  readonly assumed: number;
  readonly max: number;
}

/** The assumed and maximum items of a list without @listSize. */
const ITEMS_MAX = PAGE_SIZE_MAX;
/** The assumed items of introspection lists, except the list of all types. */
const INTROSPECTION_ITEMS = 6;
/** The maximum characters of a text without @textLength: those of a product description, the longest text. */
const TEXT_LENGTH_MAX = 10_000;
const CHARACTER_BYTES_MAX = 4;
/** Bytes of an id, a number, a time, a cursor or an enum value. */
const LEAF_BYTES_MAX = 200;

/** Returns a function that returns the cost of a field of a type, or undefined if the type does not have the field. */
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
  const paths = stringsOf(listSize['slicingArguments']).map((path) => path.split('.'));
  const sizedFields = new Set(stringsOf(listSize['sizedFields']));
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
    weight: weightOf(field, defaultWeight(field, named, isIntrospection)),
    // The node of an edge is counted with its connection.
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

/** Returns the weight in @cost, or `otherwise` without @cost. */
function weightOf(element: Directed, otherwise: number): number {
  return numberOf(argumentsOf(element, 'cost')['weight'], otherwise);
}

function sizedWeightOf(connection: GraphQLCompositeType | undefined, name: string): number {
  const field = connection && 'getFields' in connection ? connection.getFields()[name] : undefined;
  return field ? weightOf(getNamedType(field.type), 1) : 0;
}

/** Returns the weight of a field without @cost: higher for a composite type and for a field with a resolver. */
function defaultWeight(
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

/** Returns the default value of the argument that sets the size. */
function defaultSize(
  field: GraphQLField<unknown, unknown>,
  paths: readonly (readonly string[])[],
): number | undefined {
  const values = paths.map(([name]) => field.args.find((argument) => argument.name === name)?.defaultValue);
  return values.find((value) => typeof value === 'number');
}

/** Returns the size that an argument sets: the maximum page size for a variable, `otherwise` if there is none. */
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

/** Returns the arguments of a directive in the SDL. */
function argumentsOf(element: Directed, directive: string): Record<string, ValueNode> {
  const node = element.astNode?.directives?.find(({ name }) => name.value === directive);
  return Object.fromEntries((node?.arguments ?? []).map(({ name, value }) => [name.value, value]));
}

function stringsOf(value: ValueNode | undefined): string[] {
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}

function numberOf(value: ValueNode | undefined, otherwise: number): number {
  return value?.kind === Kind.INT || value?.kind === Kind.STRING ? Number(value.value) : otherwise;
}
