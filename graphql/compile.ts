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

/** Compiled variants of one operation, one per combination of its conditions. Further combinations are interpreted. */
const VARIANTS_MAX = 8;

export interface Compiled {
  readonly execute: Execute;
  /** The maximum number of compiled variants. */
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
 * Executes an operation with graphql-jit. Its compiler handles `@skip` and `@include` incorrectly on repeated fields and
 * fragments, so they are removed first: each combination of their variables is compiled as a separate document.
 * Operations that cannot be compiled are interpreted. graphql/test/compile.test.ts compares both on random documents.
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

  /** Returns undefined for a variant that is interpreted. */
  function variantOf(variables: Readonly<Record<string, unknown>>): CompiledQuery['query'] | undefined {
    let key = '';
    for (const name of conditions) {
      const value = variables[name];
      // A null condition is an error, which graphql-js reports.
      if (typeof value !== 'boolean') return undefined;
      key += value ? '1' : '0';
    }
    const known = variants.get(key);
    if (known || variants.size === VARIANTS_MAX || variants.has(key)) return known;
    const compiled = compileQuery(schemas.ofCoerced, withoutConditions(document, variables), operationName, {
      // Errors that resolvers throw have their own stacks.
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
    // graphql-jit rejects input objects that omit a field with a default, so graphql-js coerces the variables.
    const checked = coerce(variables);
    if ('errors' in checked) return checked;
    const { coerced } = checked;
    const query = variantOf(coerced);
    return query ? query(undefined, context, coerced) : interpreted(context, variables);
  };
  return { execute, variantsMax };
}

/** Returns false for documents that graphql-jit is known to execute incorrectly. */
function isCompilable(document: DocumentNode): boolean {
  let isCompilable = true;
  visit(document, {
    // graphql-jit writes response names into object literals, where `__proto__` sets the prototype.
    Field: ({ alias }) => {
      if (alias?.value === '__proto__') isCompilable = false;
    },
    // graphql-jit looks up omitted variables in the prototype of the variables object.
    VariableDefinition: ({ variable }) => {
      if (variable.name.value in Object.prototype) isCompilable = false;
    },
  });
  return isCompilable;
}

/** Returns the variables of the operation on which `@skip` and `@include` depend. */
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

/** Evaluates the conditions and returns the remaining document. */
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
