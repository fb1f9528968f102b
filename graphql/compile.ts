import {
  execute,
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type ExecutionResult,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import type { Schemas } from '#graphql/graph/schema.ts';
import { createCoercion, type Coerce } from '#graphql/variables.ts';

/** Executes one operation of a valid document. */
export type Execute = (
  context: unknown,
  variables: Record<string, unknown>,
) => Promise<ExecutionResult> | ExecutionResult;

/** Compiled forms of one operation: one for each combination of its conditions. Further ones are interpreted. */
const VARIANTS_MAX = 8;

export interface Compiled {
  readonly execute: Execute;
  /** How many compiled forms it may come to have. */
  readonly variantsMax: number;
}

/** Executes an operation with graphql-js, the reference implementation. */
export function interpret(
  { schema }: Schemas,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  coerce: Coerce = createCoercion(schema, document, operation),
): Execute {
  const operationName = operation.name?.value;
  return (contextValue, variableValues) => {
    const checked = coerce(variableValues);
    if ('errors' in checked) return checked;
    return execute({ schema, document, contextValue, variableValues, operationName });
  };
}

/**
 * Executes an operation with graphql-jit. Its compiler gets `@skip` and `@include` wrong where fields or fragments
 * repeat, so it never sees them: each combination of their variables is compiled as a document of its own.
 * What it cannot compile is interpreted. graphql/test/compile.test.ts compares both on random documents.
 */
export function compile(
  schemas: Schemas,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Compiled {
  const coerce = createCoercion(schemas.schema, document, operation);
  const interpreted = interpret(schemas, document, operation, coerce);
  if (!isCompilable(document)) return { execute: interpreted, variantsMax: 0 };
  const { variableDefinitions = [] } = operation;
  const conditions = conditionsOf(
    document,
    new Set(variableDefinitions.map((each) => each.variable.name.value)),
  );
  const operationName = operation.name?.value;
  const variants = new Map<string, CompiledQuery['query'] | undefined>();

  /** Undefined for one that is interpreted. */
  function variantOf(variables: Readonly<Record<string, unknown>>): CompiledQuery['query'] | undefined {
    let key = '';
    for (const name of conditions) {
      const value = variables[name];
      // A condition that is null is an error, which graphql-js words.
      if (typeof value !== 'boolean') return undefined;
      key += value ? '1' : '0';
    }
    const known = variants.get(key);
    if (known || variants.size === VARIANTS_MAX || variants.has(key)) return known;
    const compiled = compileQuery(schemas.ofCoerced, withoutConditions(document, variables), operationName, {
      // What a resolver threw has its own.
      disablingCapturingStackErrors: true,
    });
    const query = isCompiledQuery(compiled) ? compiled.query : undefined;
    variants.set(key, query);
    return query;
  }

  const variantsMax = Math.min(2 ** conditions.length, VARIANTS_MAX);
  if (variableDefinitions.length === 0) {
    const query = variantOf({});
    return { execute: query ? (context) => query(undefined, context, {}) : interpreted, variantsMax };
  }
  const execute: Execute = (context, variables) => {
    // graphql-jit refuses input objects that omit a field with a default, so graphql-js coerces the variables.
    const checked = coerce(variables);
    if ('errors' in checked) return checked;
    const { coerced } = checked;
    const query = variantOf(coerced);
    return query ? query(undefined, context, coerced) : interpreted(context, variables);
  };
  return { execute, variantsMax };
}

/** False for documents that graphql-jit is known to get wrong. */
function isCompilable(document: DocumentNode): boolean {
  let isCompilable = true;
  visit(document, {
    // It writes response names into object literals, in which this one sets the prototype.
    Field: ({ alias }) => {
      if (alias?.value === '__proto__') isCompilable = false;
    },
    // It finds a variable that is not given in the prototype of the variables.
    VariableDefinition: ({ variable }) => {
      if (variable.name.value in Object.prototype) isCompilable = false;
    },
  });
  return isCompilable;
}

/** The variables of the operation that `@skip` and `@include` depend on. */
function conditionsOf(document: DocumentNode, own: ReadonlySet<string>): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: (directive) => {
      const value = conditionOf(directive);
      if (value?.kind === Kind.VARIABLE && own.has(value.name.value)) names.add(value.name.value);
    },
  });
  return [...names];
}

function conditionOf({ name, arguments: given }: DirectiveNode) {
  if (name.value !== 'skip' && name.value !== 'include') return undefined;
  return given?.find((argument) => argument.name.value === 'if')?.value;
}

/** The document that is left once the conditions are decided. */
function withoutConditions(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): DocumentNode {
  const isIncluded = (directive: DirectiveNode): boolean => {
    const value = conditionOf(directive);
    if (value === undefined) return true;
    const holds =
      value.kind === Kind.VARIABLE
        ? variables[value.name.value] === true
        : value.kind === Kind.BOOLEAN && value.value;
    return holds === (directive.name.value === 'include');
  };
  const decide = <N extends { readonly directives?: readonly DirectiveNode[] | undefined }>(node: N) => {
    if (!node.directives?.length) return undefined;
    if (!node.directives.every(isIncluded)) return null;
    return {
      ...node,
      directives: node.directives.filter((directive) => conditionOf(directive) === undefined),
    };
  };
  return visit(document, { Field: decide, FragmentSpread: decide, InlineFragment: decide });
}
