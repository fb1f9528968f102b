import {
  Kind,
  Lexer,
  Source,
  TokenKind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

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
/** Fields after fragments are spread out; an introspection query has about 150. */
export const FIELDS_MAX = 1_000;
export const ROOT_FIELDS_MAX = 20;
/** Fields that load a list, after fragments are spread out: each may be a read of its own. */
export const LISTS_MAX = 20;
/** Fields that are no lists but cost as much as so many. */
const COSTS: Readonly<Record<string, number>> = { didYouMean: 4, facets: 2 };
/** Objects in the answer if every list were full: 100 accounts with 100 orders each have room, twice over is too much. */
export const NODES_MAX = 100_000;

interface Size {
  /** Fields of the selection itself, not below them. */
  readonly own: number;
  readonly depth: number;
  readonly fields: number;
  readonly lists: number;
  /** Objects, lists multiplied by their size. */
  readonly nodes: number;
}

const NOTHING: Size = { own: 0, depth: 0, fields: 0, lists: 0, nodes: 0 };

/** How many items a list field has at the most, by its name; undefined for other fields. */
function listSize(field: FieldNode, atRoot: boolean): number | undefined {
  switch (field.name.value) {
    case 'accounts':
    case 'products':
      // Below the root these are the lines of an order, of which few have more than five.
      if (!atRoot) return 5;
      return argument(field, 'id')?.kind === Kind.STRING
        ? 1
        : pageSize(argument(field, 'pagination'), 'take');
    case 'orders':
      return 100;
    // A few have up to 100, most have a dozen.
    case 'categories':
      return atRoot ? 40 : 20;
    case 'children':
      return 40;
    case 'ancestors':
      return 7;
    case 'priceBuckets':
      return 11;
    case 'suggestProducts':
      return Math.min(pageSize(argument(field, 'first')), 20);
    case 'bestSellers':
    case 'searchProducts':
    case 'accountsConnection':
    case 'productsConnection':
    case 'ordersConnection':
      return pageSize(argument(field, 'first') ?? argument(field, 'last'));
    default:
      return undefined;
  }
}

/** A literal size; the largest page for a variable, the default page where nothing is said. */
function pageSize(value: ValueNode | undefined, key?: string): number {
  if (value === undefined || value.kind === Kind.NULL) return 20;
  if (value.kind === Kind.INT) return Math.min(Math.max(Number(value.value), 1), 100);
  if (value.kind === Kind.OBJECT) return pageSize(value.fields.find(({ name }) => name.value === key)?.value);
  return 100;
}

function argument(field: FieldNode, name: string): ValueNode | undefined {
  return field.arguments?.find((one) => one.name.value === name)?.value;
}

/** Whether brackets are nested too deep for a parser. Throws the parser's own error for text that has no tokens. */
export function isNestedTooDeep(source: string): boolean {
  const lexer = new Lexer(new Source(source));
  let nesting = 0;
  for (let count = 0; count <= TOKENS_MAX; count++) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return false;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L)
      nesting += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R)
      nesting -= 1;
    if (nesting > NESTING_MAX) return true;
  }
  return false;
}

/** The first bound that a valid document breaks, or undefined. Fragments are counted once and remembered. */
export function brokenLimit(document: DocumentNode): string | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const sizes = new Map<string, Size>();

  function sizeOf(selectionSet: SelectionSetNode | undefined, atRoot: boolean): Size {
    let { own, depth, fields, lists, nodes } = NOTHING;
    for (const selection of selectionSet?.selections ?? []) {
      const size = sizeOfSelection(selection, atRoot);
      own += size.own;
      depth = Math.max(depth, size.depth);
      fields += size.fields;
      lists += size.lists;
      nodes += size.nodes;
    }
    return { own, depth, fields, lists, nodes };
  }

  function sizeOfSelection(selection: SelectionNode, atRoot: boolean): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return fragmentSize(selection.name.value, atRoot);
    if (selection.kind === Kind.INLINE_FRAGMENT) return sizeOf(selection.selectionSet, atRoot);
    const { depth, fields, lists, nodes } = sizeOf(selection.selectionSet, false);
    const items = listSize(selection, atRoot);
    if (items === undefined) {
      const cost = COSTS[selection.name.value] ?? 0;
      return { own: 1, depth: depth + 1, fields: fields + 1, lists: lists + cost, nodes };
    }
    return { own: 1, depth: depth + 1, fields: fields + 1, lists: lists + 1, nodes: items * (1 + nodes) };
  }

  function fragmentSize(name: string, atRoot: boolean): Size {
    const key = `${name} ${atRoot}`;
    const known = sizes.get(key);
    if (known) return known;
    const size = sizeOf(fragments.get(name)?.selectionSet, atRoot);
    sizes.set(key, size);
    return size;
  }

  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { own, depth, fields, lists, nodes } = sizeOf(node.selectionSet, true);
    if (depth > DEPTH_MAX) return `The document is ${depth} levels deep; at most ${DEPTH_MAX} are allowed.`;
    if (fields > FIELDS_MAX)
      return `The document asks for ${fields} fields; at most ${FIELDS_MAX} are allowed.`;
    if (lists > LISTS_MAX) return `The document asks for ${lists} lists; at most ${LISTS_MAX} are allowed.`;
    if (nodes > NODES_MAX) {
      return `The document asks for up to ${nodes} objects; at most ${NODES_MAX} are allowed. Ask for smaller pages.`;
    }
    if (own > ROOT_FIELDS_MAX) return `An operation may have at most ${ROOT_FIELDS_MAX} root fields.`;
  }
  return undefined;
}
