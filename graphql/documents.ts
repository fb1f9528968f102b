import {
  getOperationAST,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
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

/** A parsed, validated and compiled document (docs/decisions/0003-graphql-jit.md). */
export interface Operation {
  /** Unique within the process. */
  readonly id: number;
  readonly type: 'query' | 'mutation';
  /** The name of its only root field, or `several`: a metric label with a closed set of values. */
  readonly rootField: string;
  /** The estimated cost of its response (graphql/document-limits.ts). */
  readonly cost: number;
  /** The maximum bytes of its response. */
  readonly bytesMax: number;
  /** The maximum number of items of all its lists. */
  readonly itemsMax: number;
  /** Approximate bytes of memory. */
  readonly bytes: number;
  /** Records the duration of an execution without errors. */
  readonly succeeded: { observe(startedMs: number): void };
  readonly execute: Execute;
  /** Returns the errors of a variable that exceeds a limit of JSON values. */
  refuse(problem: VariableProblem): Refusal;
}

/** The errors of a document that cannot be executed: mistakes of the caller. */
export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/** Prepares documents and caches those that are sent repeatedly. */
export interface Documents {
  /** Parses, validates and compiles a document. Call `done` when the operation is no longer used. */
  prepare(source: string, operationName: string | undefined): Operation | Refusal;
  done(operation: Operation): void;
  /** Whether an operation in use is cached. A reference to an operation that is not would keep it in memory. */
  isCached(operation: Operation): boolean;
  /** Estimated bytes of the cached operations. */
  readonly cachedBytes: number;
}

/** Bytes of cached operations: 32 MB are about 400 documents of 50 tokens, or 10 of the largest. */
export const DOCUMENT_CACHE_BYTES_MAX = memoryShare(1 / 12, 32_000_000);
/** Bytes per token of the syntax tree and the compiled code. Measured: 600 to 1,400. */
const BYTES_PER_TOKEN = 1_500;
/** Bytes of operations in use that are not cached. */
const UNCACHED_BYTES_MAX = memoryShare(1 / 8, 64_000_000);

let nextId = 1;

export interface DocumentOptions {
  /** Called for operations evicted from the cache. */
  readonly onEvict?: (operation: Operation) => void;
  readonly shop?: Shop;
  /** Whether documents may read the schema, and errors suggest its names; true by default. */
  readonly introspection?: boolean;
}

/** Prepares documents for a currency with `digits` decimal places. */
export function createDocuments(
  digits: number,
  telemetry: Telemetry,
  { onEvict = () => {}, shop, introspection = true }: DocumentOptions = {},
): Documents {
  const schemas = createSchemas(digits, shop);
  const sizeOf = createSizeOf(schemas.schema);
  /** Operations in use that are not cached. */
  const uncached = new Set<Operation>();
  let uncachedBytes = 0;
  const cache = createAdmissionCache<Operation>({ weightMax: DOCUMENT_CACHE_BYTES_MAX, onEvict });

  return {
    prepare(source, operationName) {
      if (source.length > DOCUMENT_LENGTH_MAX)
        return refuse(
          'GRAPHQL_LIMIT_EXCEEDED',
          `The document is longer than ${DOCUMENT_LENGTH_MAX} characters.`,
        );
      // Valid names and documents contain no NUL, so a key with a name cannot equal the text of another document.
      const key = operationName === undefined ? source : `${operationName}\0${source}`;
      const known = cache.get(key);
      if (known) return known;
      const operation = make(
        { schemas, sizeOf, telemetry, introspection, bytesLeft: UNCACHED_BYTES_MAX - uncachedBytes },
        source,
        operationName,
      );
      if ('errors' in operation) return operation;
      if (!cache.offer(key, operation, operation.bytes)) {
        uncached.add(operation);
        uncachedBytes += operation.bytes;
      }
      return operation;
    },
    done: (operation) => {
      if (uncached.delete(operation)) uncachedBytes -= operation.bytes;
    },
    isCached: (operation) => !uncached.has(operation),
    get cachedBytes() {
      return cache.weight;
    },
  };
}

interface MakeDeps {
  readonly schemas: Schemas;
  readonly sizeOf: ReturnType<typeof createSizeOf>;
  readonly telemetry: Telemetry;
  readonly introspection: boolean;
  /** Bytes that the operation may take. */
  readonly bytesLeft: number;
}

function make(deps: MakeDeps, source: string, operationName: string | undefined): Operation | Refusal {
  const { schemas, sizeOf, telemetry } = deps;
  const read = readDocument(deps, source);
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

/** The maximum number of operation names in an error. */
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

/** The maximum characters of a name in an error. */
const NAME_LENGTH_MAX = 40;

/** Parses and validates a document. Each limit is checked before the work that it limits. */
function readDocument(
  { schemas: { schema }, introspection, bytesLeft }: MakeDeps,
  source: string,
): { document: DocumentNode; tokens: number } | Refusal {
  let document: DocumentNode;
  let tokens: number;
  try {
    const counted = countTokens(source);
    if (counted.nesting > NESTING_MAX) {
      return refuse(
        'GRAPHQL_LIMIT_EXCEEDED',
        `The document has more than ${NESTING_MAX} levels of nested brackets.`,
      );
    }
    tokens = counted.tokens;
    if (tokens * BYTES_PER_TOKEN > bytesLeft)
      return refuse('RESOURCE_EXHAUSTED', 'Too many new documents are in progress. Try again in a moment.');
    document = parse(source, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [withCode(error, 'GRAPHQL_PARSE_FAILED')] };
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
      `The document repeats ${repeated} more than ${REPEATED_FIELDS_MAX} times in one selection set.`,
    );
  }
  const hiding = introspection ? [] : [NoSchemaIntrospectionCustomRule];
  const errors = validate(schema, document, [...specifiedRules, ...hiding], { maxErrors: ERRORS_MAX });
  if (errors.length === 0) return { document, tokens };
  const found = validationErrors(schema, document, errors, [...STRUCTURE_RULES, ...hiding]);
  return { errors: introspection ? found : found.map(withoutSuggestions) };
}

function rootFieldOf(
  selections: readonly { readonly kind: string; readonly name?: { readonly value: string } }[],
): string {
  const [only, ...others] = selections;
  return only?.kind === Kind.FIELD && others.length === 0 ? (only.name?.value ?? 'several') : 'several';
}

/** The maximum number of validation errors in a response. */
const ERRORS_MAX = 10;
/** The rules for argument values. Their errors are reported in the same way as errors of variables. */
const VALUE_RULES = new Set<ValidationRule>([ValuesOfCorrectTypeRule, ProvidedRequiredArgumentsRule]);
const STRUCTURE_RULES = specifiedRules.filter((rule) => !VALUE_RULES.has(rule));

/** Returns the errors of an invalid document: mismatches with the schema or, if there are none, invalid argument values. */
function validationErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  errors: readonly GraphQLError[],
  structureRules: readonly ValidationRule[],
): GraphQLError[] {
  const structural = validate(schema, document, structureRules, { maxErrors: ERRORS_MAX });
  const ofValues = structural.length === 0 ? literalErrors(schema, document) : [];
  if (ofValues.length > 0) return ofValues;
  const reported = structural.length > 0 ? structural : errors;
  return reported.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
}

/** graphql-js suggests names of the schema that are similar to a wrong one. */
function withoutSuggestions(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean [^?]*\?/, '');
  return message === error.message || !(error instanceof RequestError)
    ? error
    : new RequestError(error.code, message, { nodes: error.nodes ?? null });
}

function refuse(code: ErrorCode, message: string): Refusal {
  return { errors: [new RequestError(code, message)] };
}

function withCode({ message, nodes, source, positions }: GraphQLError, code: ErrorCode): GraphQLError {
  return new RequestError(code, message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
  });
}
