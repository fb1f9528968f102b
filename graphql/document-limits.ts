import {
  Kind,
  Lexer,
  Source,
  TokenKind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
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
/** Each root field may load a page of 100 rows with their orders. */
export const ROOT_FIELDS_MAX = 20;

interface Size {
  readonly depth: number;
  readonly fields: number;
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

  function sizeOf(selectionSet: SelectionSetNode | undefined): Size {
    let depth = 0;
    let fields = 0;
    for (const selection of selectionSet?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const size =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? fragmentSize(selection.name.value)
          : sizeOf(selection.selectionSet);
      depth = Math.max(depth, size.depth + (isField ? 1 : 0));
      fields += size.fields + (isField ? 1 : 0);
    }
    return { depth, fields };
  }

  function fragmentSize(name: string): Size {
    const known = sizes.get(name);
    if (known) return known;
    const size = sizeOf(fragments.get(name)?.selectionSet);
    sizes.set(name, size);
    return size;
  }

  function rootFields(selectionSet: SelectionSetNode | undefined): number {
    let count = 0;
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) count += 1;
      else if (selection.kind === Kind.INLINE_FRAGMENT) count += rootFields(selection.selectionSet);
      else count += rootFields(fragments.get(selection.name.value)?.selectionSet);
      if (count > ROOT_FIELDS_MAX) return count;
    }
    return count;
  }

  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, fields } = sizeOf(node.selectionSet);
    if (depth > DEPTH_MAX) return `The document is ${depth} levels deep; at most ${DEPTH_MAX} are allowed.`;
    if (fields > FIELDS_MAX)
      return `The document asks for ${fields} fields; at most ${FIELDS_MAX} are allowed.`;
    if (rootFields(node.selectionSet) > ROOT_FIELDS_MAX)
      return `An operation may have at most ${ROOT_FIELDS_MAX} root fields.`;
  }
  return undefined;
}
