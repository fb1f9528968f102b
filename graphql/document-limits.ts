import {
  BREAK,
  isCompositeType,
  Kind,
  Lexer,
  Source,
  TokenKind,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { createFieldCosts, type Items } from '#graphql/field-costs.ts';

/**
 * Limits of a document. Without them, a few hundred bytes of nested fragments or aliases can request millions of rows
 * (https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/).
 */
export const DOCUMENT_LENGTH_MAX = 32_768;
/** Lexer tokens; an introspection query has about 300. */
export const TOKENS_MAX = 2_000;
/** Nesting of brackets of any kind. Parsing and validation recurse: 2,000 levels exhaust the stack. */
export const NESTING_MAX = 200;
/** Levels of selection sets; the deepest introspection query of common tools has 15. */
export const DEPTH_MAX = 16;
/** Fragment definitions. Validation compares each fragment with every fragment that it spreads. */
export const FRAGMENTS_MAX = 64;
/** Fields after the expansion of fragments; an introspection query has about 150. */
export const FIELDS_MAX = 1_000;
export const ROOT_FIELDS_MAX = 20;
/** Reads of a service: one per list, and more for the facets and the corrected query of a search. */
export const LISTS_MAX = 20;
/** The cost of all values of the response if every list has its assumed size: about 120 ms of the gateway's CPU. */
export const COST_MAX = 240_000;

/** The size of an operation of a valid document. */
export interface Size {
  /** Fields of the selection set itself, without nested fields. */
  readonly own: number;
  readonly depth: number;
  readonly fields: number;
  readonly lists: number;
  /** Items of lists of objects; nested lists multiply. */
  readonly items: number;
  /** The cost of all values; lists multiply the cost of their items. */
  readonly cost: number;
  /** The maximum bytes of the response, with the maximum size of each list. */
  readonly bytesMax: number;
}

const ZERO: Size = { own: 0, depth: 0, fields: 0, lists: 0, items: 0, cost: 0, bytesMax: 0 };

/**
 * Counts the tokens and the nesting of brackets of a document. Stops above TOKENS_MAX or NESTING_MAX. Throws the
 * parser's error for text that cannot be split into tokens.
 */
export function countTokens(source: string): { tokens: number; nesting: number } {
  const lexer = new Lexer(new Source(source));
  let open = 0;
  let nesting = 0;
  let tokens = 0;
  for (; tokens <= TOKENS_MAX && nesting <= NESTING_MAX; tokens++) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) break;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) open += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) open -= 1;
    nesting = Math.max(nesting, open);
  }
  return { tokens, nesting };
}

/** Fields of the same name in one selection set. Validation compares each with every other. */
export const REPEATED_FIELDS_MAX = 20;

/** Returns the name of a field that a selection set of the document repeats too often, or undefined. */
export function repeatedField(document: DocumentNode): string | undefined {
  let found: string | undefined;
  visit(document, {
    SelectionSet: ({ selections }) => {
      const counts = new Map<string, number>();
      for (const selection of selections) {
        if (selection.kind !== Kind.FIELD) continue;
        const name = (selection.alias ?? selection.name).value;
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        if (count > REPEATED_FIELDS_MAX) found = name;
      }
      return found === undefined ? undefined : BREAK;
    },
  });
  return found;
}

/** Returns a function that computes the size of each operation of a valid document. Each fragment is counted once. */
export function createSizeOf(schema: GraphQLSchema): (document: DocumentNode) => readonly Size[] {
  const costOf = createFieldCosts(schema);

  return (document) => {
    const fragments = new Map<string, FragmentDefinitionNode>();
    for (const node of document.definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
    const sizes = new Map<string, Size>();

    /** `sized`: the fields whose number of items is set by the arguments of the parent field, and that number. */
    function sizeOf(set: SelectionSetNode | undefined, parent: Parent, sized: Sized | undefined): Size {
      const all = (set?.selections ?? []).map((selection) => sizeOfSelection(selection, parent, sized));
      return all.reduce(sum, ZERO);
    }

    function sizeOfSelection(selection: SelectionNode, parent: Parent, sized: Sized | undefined): Size {
      if (selection.kind === Kind.FIELD) return sizeOfField(selection, parent, sized);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sizeOfFragment(selection.name.value, sized);
      const on = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
      return sizeOf(selection.selectionSet, isCompositeType(on) ? on : parent, sized);
    }

    function sizeOfField(node: FieldNode, parent: Parent, sized: Sized | undefined): Size {
      const name = node.name.value;
      const key = (node.alias ?? node.name).value;
      const field = parent && costOf(parent, name);
      const items = field?.items(node);
      const below = sizeOf(
        node.selectionSet,
        field?.type,
        field && items && { fields: field.sizedFields, items },
      );
      const isSized = sized?.fields.has(name) ?? false;
      const { assumed, max } = (field?.isList && (isSized ? sized?.items : items)) || ONE;
      return {
        own: 1,
        depth: below.depth + 1,
        fields: below.fields + 1,
        lists: below.lists + (isSized ? 0 : (field?.reads ?? 0)),
        items: field?.isList && field.type ? assumed * (1 + below.items) : below.items,
        cost:
          (field?.weight ?? 1) +
          (field?.sizedWeight ?? 0) * (items?.assumed ?? 0) +
          // The items of a sized field are counted at the field that has the size.
          assumed * ((isSized ? 1 : (field?.itemWeight ?? 0)) + below.cost),
        bytesMax:
          key.length + PUNCTUATION_BYTES + max * ((field?.bytesMax ?? LEAF_BYTES) + 1 + below.bytesMax),
      };
    }

    function sizeOfFragment(name: string, sized: Sized | undefined): Size {
      const key = `${name} ${sized?.items.assumed} ${[...(sized?.fields ?? [])].join()}`;
      const known = sizes.get(key);
      if (known) return known;
      const fragment = fragments.get(name);
      const on = fragment && schema.getType(fragment.typeCondition.name.value);
      const size = sizeOf(fragment?.selectionSet, isCompositeType(on) ? on : undefined, sized);
      sizes.set(key, size);
      return size;
    }

    return document.definitions.flatMap((node) =>
      node.kind === Kind.OPERATION_DEFINITION
        ? [sizeOf(node.selectionSet, schema.getRootType(node.operation) ?? undefined, undefined)]
        : [],
    );
  };
}

type Parent = GraphQLCompositeType | undefined;
interface Sized {
  readonly fields: ReadonlySet<string>;
  readonly items: Items;
}

const ONE: Items = { assumed: 1, max: 1 };
/** The quotes, the colon and the comma of a member of a JSON object. */
const PUNCTUATION_BYTES = 4;
/** Bytes of __typename, which every type has. */
const LEAF_BYTES = 100;

function sum(one: Size, other: Size): Size {
  return {
    own: one.own + other.own,
    depth: Math.max(one.depth, other.depth),
    fields: one.fields + other.fields,
    lists: one.lists + other.lists,
    items: one.items + other.items,
    cost: one.cost + other.cost,
    bytesMax: one.bytesMax + other.bytesMax,
  };
}

/**
 * Returns the number of items that the lists of an operation may have during execution: the number at which its cost
 * reaches COST_MAX. Lists can be longer than assumed, and nested lists multiply.
 */
export function itemsMaxOf({ items, cost }: Size): number {
  return Math.max(ITEMS_MIN, Math.floor((items * COST_MAX) / cost));
}
const ITEMS_MIN = 1_000;

/** Returns the message of the first limit that an operation exceeds, or undefined. */
export function brokenLimit({ own, depth, fields, lists, cost }: Size): string | undefined {
  if (depth > DEPTH_MAX) return `The document is ${depth} levels deep; at most ${DEPTH_MAX} are allowed.`;
  if (fields > FIELDS_MAX) return `The document selects ${fields} fields; at most ${FIELDS_MAX} are allowed.`;
  if (lists > LISTS_MAX) return `The document selects ${lists} lists; at most ${LISTS_MAX} are allowed.`;
  if (cost > COST_MAX)
    return `The document costs up to ${cost}; at most ${COST_MAX} is allowed. Ask for smaller pages or fewer fields.`;
  if (own > ROOT_FIELDS_MAX) return `An operation may have at most ${ROOT_FIELDS_MAX} root fields.`;
  return undefined;
}
