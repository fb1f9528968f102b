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
 * What one document may ask for. Without bounds a few hundred bytes of nested fragments or aliases ask for millions
 * of rows (https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/).
 */
export const DOCUMENT_LENGTH_MAX = 32_768;
/** Lexer tokens; an introspection query has about 300. */
export const TOKENS_MAX = 2_000;
/** Brackets within brackets of any kind. Parsing and validating recurse: 2,000 exhaust the stack. */
export const NESTING_MAX = 200;
/** Levels of selection; the deepest introspection query of common tools has 15. */
export const DEPTH_MAX = 16;
/** Definitions of fragments. Validation compares each with each that it spreads. */
export const FRAGMENTS_MAX = 64;
/** Fields after fragments are spread out; an introspection query has about 150. */
export const FIELDS_MAX = 1_000;
export const ROOT_FIELDS_MAX = 20;
/** Reads of a service: one a list, more for what a search works out beside its hits. */
export const LISTS_MAX = 20;
/** What all values of the answer cost if every list were as long as assumed: about 100 ms of the gateway's CPU. */
export const COST_MAX = 210_000;

/** What a valid document asks for. */
export interface Size {
  /** Fields of the selection itself, not below them. */
  readonly own: number;
  readonly depth: number;
  readonly fields: number;
  readonly lists: number;
  /** Items of lists of objects, lists multiplied by their size. */
  readonly items: number;
  /** Values and what they weigh, lists multiplied by their size. */
  readonly cost: number;
  /** Bytes of the answer at the most, lists multiplied by the largest size that they have. */
  readonly bytesMax: number;
}

const NOTHING: Size = { own: 0, depth: 0, fields: 0, lists: 0, items: 0, cost: 0, bytesMax: 0 };

/**
 * Tokens and brackets within brackets of a document, as far as TOKENS_MAX and NESTING_MAX: what a parser may be given.
 * Throws the parser's own error for text that has no tokens.
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

/** How often one selection set may have a field of the same name: validation compares each with each. */
export const REPEATED_FIELDS_MAX = 20;

/** The name of a field that one selection set of a document repeats too often, or undefined. */
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

/** Counts what valid documents of a schema ask for. Each fragment is counted once and remembered. */
export function createSizeOf(schema: GraphQLSchema): (document: DocumentNode) => readonly Size[] {
  const costOf = createFieldCosts(schema);

  return (document) => {
    const fragments = new Map<string, FragmentDefinitionNode>();
    for (const node of document.definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
    const sizes = new Map<string, Size>();

    /** `sized` are the items of those fields that have as many as their parent's arguments say. */
    function sizeOf(set: SelectionSetNode | undefined, parent: Parent, sized: Sized | undefined): Size {
      const all = (set?.selections ?? []).map((selection) => sizeOfSelection(selection, parent, sized));
      return all.reduce(sum, NOTHING);
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
          // The items of a sized field were counted where its size is given.
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
/** Quotes, colon and comma of a member of a JSON object. */
const PUNCTUATION_BYTES = 4;
/** Bytes of a field that every type has: __typename. */
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
 * Items that the lists of an operation may have when it is executed: as many as it takes for its cost to reach
 * COST_MAX. Lists that are longer than assumed multiply.
 */
export function itemsMaxOf({ items, cost }: Size): number {
  return Math.max(ITEMS_MIN, Math.floor((items * COST_MAX) / cost));
}
const ITEMS_MIN = 1_000;

/** The first bound that an operation breaks, or undefined. */
export function brokenLimit({ own, depth, fields, lists, cost }: Size): string | undefined {
  if (depth > DEPTH_MAX) return `The document is ${depth} levels deep; at most ${DEPTH_MAX} are allowed.`;
  if (fields > FIELDS_MAX)
    return `The document asks for ${fields} fields; at most ${FIELDS_MAX} are allowed.`;
  if (lists > LISTS_MAX) return `The document asks for ${lists} lists; at most ${LISTS_MAX} are allowed.`;
  if (cost > COST_MAX)
    return `The document costs up to ${cost}; at most ${COST_MAX} is allowed. Ask for smaller pages or fewer fields.`;
  if (own > ROOT_FIELDS_MAX) return `An operation may have at most ${ROOT_FIELDS_MAX} root fields.`;
  return undefined;
}
