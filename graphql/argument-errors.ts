import {
  GraphQLError,
  isInputType,
  isNonNullType,
  Kind,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';
import {
  knownKeys,
  ofJson,
  ofLiteral,
  pathText,
  problemsOf,
  type Keys,
  type Problem,
} from '#graphql/input-values.ts';
import type { VariableProblem } from '#graphql/json-bounds.ts';
import { RequestError } from '#graphql/request-error.ts';
import { violationsError, type Violation } from '#platform/errors.ts';

/**
 * Errors of argument values in literals and in variables: one error per field of the operation, with all violations of
 * its arguments. They are created after graphql-js has rejected the values, so speed does not matter.
 */

/** The maximum number of fields with an error; further errors are omitted. */
const ERRORS_MAX = 10;

/** Returns the errors of literals in the document. */
export function literalErrors(schema: GraphQLSchema, document: DocumentNode): GraphQLError[] {
  const errors = new FieldErrors();
  const info = new TypeInfo(schema);
  const enter = (field: FieldNode): void => {
    const given = new Map(field.arguments?.map(({ name, value }) => [name.value, ofLiteral(value)]));
    for (const { name, type, defaultValue } of info.getFieldDef()?.args ?? []) {
      const value = given.get(name);
      if (value === undefined && defaultValue !== undefined) continue;
      errors.add(field, problemsOf(value, type, [name]));
    }
  };
  visit(document, visitWithTypeInfo(info, { Field: { enter } }));
  return errors.list();
}

/** Returns the errors of the values of variables; empty if all are valid. */
export function variableErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  const problems = new Map<string, readonly Problem[]>();
  for (const { variable, type: node, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    const given = Object.hasOwn(variables, name) ? ofJson(variables[name]) : undefined;
    const type = inputTypeOf(schema, node);
    if (!type || (given === undefined && defaultValue)) continue;
    problems.set(name, problemsOf(given, type, []));
  }
  return errorsOfVariables(schema, document, operation, problems);
}

/** Returns the errors of invalid variables. `problems` has the variable names as keys. */
export function errorsOfVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  problems: ReadonlyMap<string, readonly Problem[]>,
): GraphQLError[] {
  const errors = new FieldErrors();
  const used = new Set<string>();
  for (const { name, field, argument, keys } of variableUses(schema, document, operation)) {
    used.add(name);
    const found = (problems.get(name) ?? []).map(({ keys: below, code, message }) => {
      const inArgument = knownKeys(argument.type, [...keys, ...below]);
      return { keys: [argument.name, ...inArgument], code, message };
    });
    errors.add(field, found);
  }
  // No argument of a field uses these variables, e.g. a variable that only a directive uses.
  const others = [...problems].filter(([name]) => !used.has(name));
  const unnamed = others.flatMap(([name, [problem]]) =>
    problem ? [new RequestError(problem.code, `$${name} ${problem.message}`)] : [],
  );
  return [...errors.list(), ...unnamed].slice(0, ERRORS_MAX);
}

/** Returns the errors of a variable that exceeds a limit of JSON values. */
export function boundErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { variable, keys, message }: VariableProblem,
): GraphQLError[] {
  if (variable === undefined) return [new RequestError('INVALID_ARGUMENT', `variables ${message}`)];
  const problem = { keys, code: 'INVALID_ARGUMENT', message } as const;
  return errorsOfVariables(schema, document, operation, new Map([[variable, [problem]]]));
}

function inputTypeOf(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  const type = typeFromAST(schema, node);
  return isInputType(type) ? type : undefined;
}

/** Returns the nullable variables that are used where null is not allowed, which GraphQL permits next to a default. */
export function nullSensitive(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
): string[] {
  const nullable = variableDefinitions
    .filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE)
    .map(({ variable }) => variable.name.value);
  if (nullable.length === 0) return [];
  const names = new Set<string>();
  const info = new TypeInfo(schema);
  const enter = ({ name }: { name: { value: string } }): void => {
    if (isNonNullType(info.getInputType())) names.add(name.value);
  };
  visit(document, visitWithTypeInfo(info, { VariableDefinition: () => false, Variable: { enter } }));
  return nullable.filter((name) => names.has(name));
}

/** Violations, grouped by the field of the operation to which the arguments belong. */
class FieldErrors {
  readonly #violations = new Map<FieldNode, Violation[]>();

  add(field: FieldNode, problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    const known = this.#violations.get(field) ?? [];
    known.push(...problems.map(({ keys, code, message }) => ({ field: pathText(keys), code, message })));
    this.#violations.set(field, known);
  }

  list(): GraphQLError[] {
    return [...this.#violations].slice(0, ERRORS_MAX).flatMap(([field, [first, ...others]]) => {
      if (!first) return [];
      const originalError = violationsError(first, ...others);
      return [new GraphQLError(originalError.publicMessage, { nodes: field, originalError })];
    });
  }
}

interface VariableUse {
  readonly name: string;
  readonly field: FieldNode;
  readonly argument: GraphQLArgument;
  /** The path within the value of the argument. */
  readonly keys: Keys;
}

function variableUses(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): VariableUse[] {
  const uses: VariableUse[] = [];
  const info = new TypeInfo(schema);
  const enter = (field: FieldNode): void => {
    for (const { name, value } of field.arguments ?? []) {
      const argument = info.getFieldDef()?.args.find((each) => each.name === name.value);
      if (argument) for (const use of variablesIn(value, [])) uses.push({ ...use, field, argument });
    }
  };
  const visitor = visitWithTypeInfo(info, { Field: { enter } });
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  for (const definition of [operation, ...fragments]) visit(definition, visitor);
  return uses;
}

function variablesIn(node: ValueNode, keys: Keys): Pick<VariableUse, 'name' | 'keys'>[] {
  switch (node.kind) {
    case Kind.VARIABLE:
      return [{ name: node.name.value, keys }];
    case Kind.LIST:
      return node.values.flatMap((value, index) => variablesIn(value, [...keys, index]));
    case Kind.OBJECT:
      return node.fields.flatMap(({ name, value }) => variablesIn(value, [...keys, name.value]));
    default:
      return [];
  }
}
