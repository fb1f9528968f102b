import {
  getVariableValues,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { errorsOfVariables, nullSensitive, variableErrors } from '#graphql/argument-errors.ts';
import type { Problem } from '#graphql/input-values.ts';
import { RequestError } from '#graphql/request-error.ts';

type Variables = Readonly<Record<string, unknown>>;

/** Coerces the variables of a request to their types, or returns their errors. */
export type Coerce = (
  variables: Variables,
) => { coerced: Record<string, unknown> } | { errors: GraphQLError[] };

export function createCoercion(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Coerce {
  const { variableDefinitions = [] } = operation;
  const required = nullSensitive(schema, document, operation);
  return (variables) => {
    const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 });
    if (errors) {
      const found = variableErrors(schema, document, operation, variables);
      return { errors: found.length > 0 ? found : errors.map(withCode) };
    }
    const nulls = required.filter((name) => coerced[name] === null);
    if (nulls.length === 0) return { coerced };
    return {
      errors: errorsOfVariables(schema, document, operation, new Map(nulls.map((name) => [name, NULL]))),
    };
  };
}

const NULL: readonly Problem[] = [{ keys: [], code: 'INVALID_ARGUMENT', message: 'must not be null' }];

function withCode({ message }: GraphQLError): GraphQLError {
  return new RequestError('INVALID_ARGUMENT', message);
}
