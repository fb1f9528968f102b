import {
  GraphQLEnumType,
  GraphQLList,
  GraphQLNonNull,
  valueFromAST,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import type { Context } from '#graphql/graph/context.ts';
import type { Caller } from '#graphql/graph/resolver-types.ts';
import type { Role } from '#platform/auth/roles.ts';

/** Enforces `@access` on the fields of Query and Mutation. */

/** The roles that a caller can be named by. OWNER stands for a customer, whose data the resolvers narrow. */
export const ROLE_OF: Readonly<Record<Exclude<Caller, 'PUBLIC'>, Role>> = {
  OWNER: 'customer',
  SUPPORT: 'support',
  CATALOG_MANAGER: 'catalog-manager',
  ADMIN: 'admin',
  SERVICE: 'service',
};

/** Checks the caller before a field is resolved. Throws if a field has no declaration. */
export function enforceAccess(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {})) {
      const callers = callersOf(schema, `${type?.name}.${field.name}`, field);
      if (!callers.includes('PUBLIC')) guard(field, rolesOf(callers));
    }
}

function guard(field: GraphQLField<unknown, Context>, roles: readonly Role[]): void {
  const { resolve } = field;
  if (!resolve) throw new Error(`${field.name} has no resolver to guard`);
  field.resolve = (source, args, context, info) => {
    context.requireRole(roles);
    return resolve(source, args, context, info);
  };
}

/** The callers that may use a field of Query or Mutation. */
export function callersOf(
  schema: GraphQLSchema,
  path: string,
  { astNode }: Pick<GraphQLField<unknown, unknown>, 'astNode'>,
): readonly Caller[] {
  const directive = astNode?.directives?.find(({ name }) => name.value === 'access');
  const argument = directive?.arguments?.find(({ name }) => name.value === 'to');
  const caller = schema.getType('Caller');
  if (!argument || !(caller instanceof GraphQLEnumType))
    throw new Error(`${path} must declare its callers: add @access(to: […])`);
  const list = new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(caller)));
  return valueFromAST(argument.value, list) as readonly Caller[];
}

function rolesOf(callers: readonly Caller[]): readonly Role[] {
  return callers.flatMap((caller) => (caller === 'PUBLIC' ? [] : ROLE_OF[caller]));
}
