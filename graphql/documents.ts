import {
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  ProvidedRequiredArgumentsRule,
  specifiedRules,
  validate,
  ValuesOfCorrectTypeRule,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { boundErrors, literalErrors } from '#graphql/argument-errors.ts';
import { createAdmissionCache } from '#graphql/admission-cache.ts';
import { compile, type Execute } from '#graphql/compile.ts';
import {
  brokenLimit,
  countTokens,
  createSizeOf,
  DOCUMENT_LENGTH_MAX,
  FRAGMENTS_MAX,
  itemsMaxOf,
  NESTING_MAX,
  REPEATED_FIELDS_MAX,
  repeatedField,
  TOKENS_MAX,
} from '#graphql/document-limits.ts';
import type { ErrorCode } from '#graphql/error-codes.ts';
import { createSchemas, type Schemas } from '#graphql/graph/schema.ts';
import type { Shop } from '#graphql/shop.ts';
import type { VariableProblem } from '#graphql/json-bounds.ts';
import { RequestError } from '#graphql/request-error.ts';
import { memoryShare } from '#platform/memory.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/** A document made ready once: parsed, validated, compiled (docs/decisions/0003-graphql-jit.md). */
export interface Operation {
  /** Tells operations apart within this process. */
  readonly id: number;
  readonly type: 'query' | 'mutation';
  /** The one root field that it has, or `several`: a label with a closed set of values. */
  readonly rootField: string;
  /** What its answer costs, about (graphql/document-limits.ts). */
  readonly cost: number;
  /** Bytes of its answer at the most. */
  readonly bytesMax: number;
  /** Items that its lists may have together. */
  readonly itemsMax: number;
  /** Bytes of memory that it takes, about. */
  readonly bytes: number;
  /** Observes an execution without errors. */
  readonly succeeded: { observe(startedMs: number): void };
  readonly execute: Execute;
  /** The errors of a variable that breaks a bound of JSON. */
  refuse(problem: VariableProblem): Refusal;
}

/** Why a document cannot be executed: a caller's mistake. */
export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/** Prepares documents; those that come again are kept. */
export interface Documents {
  /** Call `done` with the operation once it is no longer used. */
  prepare(source: string, operationName: string | undefined): Operation | Refusal;
  done(operation: Operation): void;
  /** Whether an operation that is not done with is kept: what refers to one that is not would keep it alive. */
  isKept(operation: Operation): boolean;
  /** Estimated bytes of what is kept. */
  readonly keptBytes: number;
}

/** Bytes of compiled documents that are kept: 32 MB are about 400 documents of 50 tokens, or 10 of the largest. */
export const DOCUMENT_CACHE_BYTES_MAX = memoryShare(1 / 12, 32_000_000);
/** Bytes that a token takes as a syntax tree and as compiled code, measured: 600 to 1,400. */
const BYTES_PER_TOKEN = 1_500;
/** Bytes of documents under way that are not kept. */
const FRESH_BYTES_MAX = memoryShare(1 / 8, 64_000_000);

let nextId = 1;

/** Prepares documents of a shop whose currency has `digits` decimal places. `onEvict` gets operations that make room. */
export function createDocuments(
  digits: number,
  telemetry: Telemetry,
  onEvict: (operation: Operation) => void = () => {},
  shop?: Shop,
): Documents {
  const schemas = createSchemas(digits, shop);
  const sizeOf = createSizeOf(schemas.schema);
  /** Operations under way that are not kept. */
  const fresh = new Set<Operation>();
  let freshBytes = 0;
  const cache = createAdmissionCache<Operation>({ weightMax: DOCUMENT_CACHE_BYTES_MAX, onEvict });

  return {
    prepare(source, operationName) {
      if (source.length > DOCUMENT_LENGTH_MAX)
        return refuse(
          'GRAPHQL_LIMIT_EXCEEDED',
          `The document is longer than ${DOCUMENT_LENGTH_MAX} characters.`,
        );
      // No name and no document has a NUL in it: a key with a name is never another document's text.
      const key = operationName === undefined ? source : `${operationName}\0${source}`;
      const known = cache.get(key);
      if (known) return known;
      const operation = make(
        { schemas, sizeOf, telemetry, bytesLeft: FRESH_BYTES_MAX - freshBytes },
        source,
        operationName,
      );
      if ('errors' in operation) return operation;
      if (!cache.offer(key, operation, operation.bytes)) {
        fresh.add(operation);
        freshBytes += operation.bytes;
      }
      return operation;
    },
    done: (operation) => {
      if (fresh.delete(operation)) freshBytes -= operation.bytes;
    },
    isKept: (operation) => !fresh.has(operation),
    get keptBytes() {
      return cache.weight;
    },
  };
}

interface MakeDeps {
  readonly schemas: Schemas;
  readonly sizeOf: ReturnType<typeof createSizeOf>;
  readonly telemetry: Telemetry;
  /** Bytes that the document may take. */
  readonly bytesLeft: number;
}

function make(
  { schemas, sizeOf, telemetry, bytesLeft }: MakeDeps,
  source: string,
  operationName: string | undefined,
): Operation | Refusal {
  const read = readDocument(schemas.schema, source, bytesLeft);
  if ('errors' in read) return read;
  const { document, tokens } = read;
  const sizes = sizeOf(document);
  const broken = sizes.map(brokenLimit).find((problem) => problem !== undefined);
  if (broken !== undefined) return refuse('GRAPHQL_LIMIT_EXCEEDED', broken);
  const node = getOperationAST(document, operationName);
  if (!node) return refuse('OPERATION_NOT_FOUND', noSuchOperation(document, operationName));
  if (node.operation === OperationTypeNode.SUBSCRIPTION)
    return refuse('OPERATION_NOT_FOUND', 'Subscriptions are not supported.');
  const { execute, variantsMax } = compile(schemas, document, node);
  const rootField = rootFieldOf(node.selectionSet.selections);
  const bytes = 2 * source.length + tokens * BYTES_PER_TOKEN * Math.max(1, variantsMax);
  return {
    id: nextId++,
    type: node.operation,
    rootField,
    cost: Math.max(...sizes.map(({ cost }) => cost)),
    bytesMax: Math.max(...sizes.map(({ bytesMax }) => bytesMax)),
    itemsMax: Math.min(...sizes.map(itemsMaxOf)),
    bytes,
    succeeded: telemetry.operationDuration.with(node.operation, rootField, ''),
    execute,
    refuse: (problem) => ({ errors: boundErrors(schemas.schema, document, node, problem) }),
  };
}

/** Names of operations that an error lists. */
const NAMES_MAX = 10;

function noSuchOperation({ definitions }: DocumentNode, operationName: string | undefined): string {
  const names = definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value ?? '(unnamed)'] : [],
  );
  if (names.length === 0) return 'The document has no operation.';
  const shown = names.slice(0, NAMES_MAX).map((name) => name.slice(0, NAME_LENGTH_MAX));
  const list = `${shown.join(', ')}${names.length > NAMES_MAX ? ', …' : ''}`;
  return operationName === undefined
    ? `The document has several operations: ${list}. Set operationName to one of them.`
    : `The document has no operation named "${operationName.slice(0, NAME_LENGTH_MAX)}". Its operations: ${list}.`;
}

/** Characters of a name that an error shows. */
const NAME_LENGTH_MAX = 40;

/** Reads and checks a document. What bounds the work comes before the work. */
function readDocument(
  schema: GraphQLSchema,
  source: string,
  bytesLeft: number,
): { document: DocumentNode; tokens: number } | Refusal {
  let document: DocumentNode;
  let tokens: number;
  try {
    const counted = countTokens(source);
    if (counted.nesting > NESTING_MAX) {
      return refuse(
        'GRAPHQL_LIMIT_EXCEEDED',
        `The document has more than ${NESTING_MAX} brackets within brackets.`,
      );
    }
    tokens = counted.tokens;
    if (tokens * BYTES_PER_TOKEN > bytesLeft)
      return refuse('RESOURCE_EXHAUSTED', 'Too many new documents are under way. Try again in a moment.');
    document = parse(source, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] };
    throw error;
  }
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).length;
  if (fragments > FRAGMENTS_MAX) {
    return refuse(
      'GRAPHQL_LIMIT_EXCEEDED',
      `The document has ${fragments} fragments; at most ${FRAGMENTS_MAX} are allowed.`,
    );
  }
  const repeated = repeatedField(document);
  if (repeated !== undefined) {
    return refuse(
      'GRAPHQL_LIMIT_EXCEEDED',
      `The document repeats ${repeated} more than ${REPEATED_FIELDS_MAX} times in one selection.`,
    );
  }
  const errors = validate(schema, document, undefined, { maxErrors: ERRORS_MAX });
  if (errors.length > 0) return { errors: validationErrors(schema, document, errors) };
  return { document, tokens };
}

function rootFieldOf(
  selections: readonly { readonly kind: string; readonly name?: { readonly value: string } }[],
): string {
  const [only, ...others] = selections;
  return only?.kind === Kind.FIELD && others.length === 0 ? (only.name?.value ?? 'several') : 'several';
}

/** Errors of validation that one answer has. */
const ERRORS_MAX = 10;
/** Rules about the values of arguments, which are checked in the same way when they come in variables. */
const VALUE_RULES = new Set<ValidationRule>([ValuesOfCorrectTypeRule, ProvidedRequiredArgumentsRule]);
const STRUCTURE_RULES = specifiedRules.filter((rule) => !VALUE_RULES.has(rule));

/** Why an invalid document is refused: it does not fit the schema, or else values of its arguments are wrong. */
function validationErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  errors: readonly GraphQLError[],
): GraphQLError[] {
  const structural = validate(schema, document, STRUCTURE_RULES, { maxErrors: ERRORS_MAX });
  const ofValues = structural.length === 0 ? literalErrors(schema, document) : [];
  if (ofValues.length > 0) return ofValues;
  const reported = structural.length > 0 ? structural : errors;
  return reported.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
}

function refuse(code: ErrorCode, message: string): Refusal {
  return { errors: [new RequestError(code, message)] };
}

function coded({ message, nodes, source, positions }: GraphQLError, code: ErrorCode): GraphQLError {
  return new RequestError(code, message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
  });
}
