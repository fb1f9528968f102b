import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { createSchema, createSchemaOfCoerced } from '#graphql/graph/schema.ts';
import type { Telemetry } from '#platform/telemetry.ts';
import {
  brokenLimit,
  DOCUMENT_LENGTH_MAX,
  isNestedTooDeep,
  NESTING_MAX,
  TOKENS_MAX,
} from '#graphql/document-limits.ts';

/** A document made ready once: parsed, validated, compiled (docs/decisions/0003-graphql-jit.md). */
export interface Operation {
  /** Tells operations apart within this process. */
  readonly id: number;
  readonly type: 'query' | 'mutation';
  /** The one root field that it has, or `several`: a label with a closed set of values. */
  readonly rootField: string;
  /** Observes an execution without errors. */
  readonly succeeded: { observe(startedMs: number): void };
  readonly execute: (
    context: unknown,
    variables: Record<string, unknown>,
  ) => Promise<ExecutionResult> | ExecutionResult;
}

/** Why a document cannot be executed: a caller's mistake. */
export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/** Documents that are kept compiled. The one that was not used for longest makes room. */
const CACHE_SIZE_MAX = 500;

let nextId = 1;

interface Schemas {
  readonly schema: GraphQLSchema;
  /** What documents are compiled against. */
  readonly ofCoerced: GraphQLSchema;
}

/** Prepares documents of a shop whose currency has `digits` decimal places. */
export function createDocuments(
  digits: number,
  telemetry: Telemetry,
): (source: string, operationName: string | undefined) => Operation | Refusal {
  const schemas = { schema: createSchema(digits), ofCoerced: createSchemaOfCoerced(digits) };
  const cache = new Map<string, Operation>();
  return function prepare(source, operationName) {
    // No name and no document has a NUL in it: a key with a name is never another document's text.
    const key = operationName === undefined ? source : `${operationName}\0${source}`;
    const known = cache.get(key);
    if (known) {
      // Only when the cache is full does it matter which was used last.
      if (cache.size === CACHE_SIZE_MAX) {
        cache.delete(key);
        cache.set(key, known);
      }
      return known;
    }
    const operation = compile(schemas, telemetry, source, operationName);
    if ('errors' in operation) return operation;
    if (cache.size === CACHE_SIZE_MAX) cache.delete(cache.keys().next().value ?? '');
    cache.set(key, operation);
    return operation;
  };
}

function compile(
  schemas: Schemas,
  telemetry: Telemetry,
  source: string,
  operationName: string | undefined,
): Operation | Refusal {
  if (source.length > DOCUMENT_LENGTH_MAX) {
    return refuse('GRAPHQL_LIMIT_EXCEEDED', `The document is longer than ${DOCUMENT_LENGTH_MAX} characters.`);
  }
  let document: DocumentNode;
  try {
    if (isNestedTooDeep(source)) {
      return refuse(
        'GRAPHQL_LIMIT_EXCEEDED',
        `The document has more than ${NESTING_MAX} brackets within brackets.`,
      );
    }
    document = parse(source, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] };
    throw error;
  }
  const errors = validate(schemas.schema, document, undefined, { maxErrors: 10 });
  if (errors.length > 0) return { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) };
  const broken = brokenLimit(document);
  if (broken !== undefined) return refuse('GRAPHQL_LIMIT_EXCEEDED', broken);
  const node = getOperationAST(document, operationName);
  if (!node) {
    return refuse(
      'OPERATION_NOT_FOUND',
      'Say with operationName which operation of the document to execute.',
    );
  }
  if (node.operation === OperationTypeNode.SUBSCRIPTION)
    return refuse('OPERATION_NOT_FOUND', 'Subscriptions are not supported.');
  const compiled = compileQuery(schemas.ofCoerced, document, operationName);
  if (!isCompiledQuery(compiled))
    return { errors: (compiled.errors ?? []).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) };
  const rootField = rootFieldOf(node.selectionSet.selections);
  return {
    id: nextId++,
    type: node.operation,
    rootField,
    succeeded: telemetry.operationDuration.with(node.operation, rootField, ''),
    execute: executor(schemas.schema, node, compiled),
  };
}

/**
 * graphql-jit coerces variables by rules of its own: it refuses input objects that leave a field with a default out.
 * So graphql-js coerces them, and what was compiled takes them as they are.
 */
function executor(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  compiled: CompiledQuery,
): Operation['execute'] {
  if (variableDefinitions.length === 0) return (context) => compiled.query(undefined, context, {});
  return (context, variables) => {
    const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 10 });
    return errors ? { errors } : compiled.query(undefined, context, coerced);
  };
}

function rootFieldOf(
  selections: readonly { readonly kind: string; readonly name?: { readonly value: string } }[],
): string {
  const [only, ...others] = selections;
  return only?.kind === Kind.FIELD && others.length === 0 ? (only.name?.value ?? 'several') : 'several';
}

function refuse(code: string, message: string): Refusal {
  return { errors: [new GraphQLError(message, { extensions: { code } })] };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}
