import { readdirSync, readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { getNullableType, isIntrospectionType, isListType, isObjectType, type GraphQLSchema } from 'graphql';
import { enforceAccess } from '#graphql/graph/access.ts';
import type { Context } from '#graphql/graph/context.ts';
import { resolvers } from '#graphql/graph/resolvers.ts';
import { shopResolvers } from '#graphql/graph/shop.ts';
import type { Shop } from '#graphql/shop.ts';
import { createScalars } from '#graphql/graph/scalars.ts';

/** Resolvers by type and field, of one domain or more. */
type Resolving = Readonly<Record<string, object>>;

const FOLDER = new URL('.', import.meta.url);

/** Returns the SDL files of this folder. */
export function readTypeDefs(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.graphql'));
  return files.sort().map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
}

/** The two forms of the schema with which the gateway executes operations. */
export interface Schemas {
  readonly schema: GraphQLSchema;
  /** The same schema with scalars that accept coerced values: for variables that `schema` has coerced. */
  readonly ofCoerced: GraphQLSchema;
}

/** Creates the executable schemas for a currency with `digits` decimal places. Without `shop`, the field `shop` is null. */
export function createSchemas(digits: number, shop?: Shop): Schemas {
  const schemas = makeSchemas(readTypeDefs(), digits, [...resolvers, shopResolvers(shop)]);
  for (const each of [schemas.schema, schemas.ofCoerced]) {
    countLists(each);
    enforceAccess(each);
  }
  return schemas;
}

/** Counts the items of every list that a resolver returns against the limit of its operation. */
function countLists(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      if (!resolve || !isListType(getNullableType(field.type))) continue;
      field.resolve = (source, args, context: Context, info) => {
        // Throws before resolving if the limit is already exceeded.
        context.countItems(0);
        const list: unknown = resolve(source, args, context, info);
        return list instanceof Promise ? list.then((items) => count(items, context)) : count(list, context);
      };
    }
  }
}

function count(list: unknown, context: Context): unknown {
  if (Array.isArray(list)) context.countItems(list.length);
  return list;
}

/** Creates the executable schemas of any SDL that has the scalars of the shop. */
export function makeSchemas(typeDefs: string[], digits: number, resolvers: readonly Resolving[]): Schemas {
  const scalars = createScalars(digits);
  const ofCoerced = Object.entries(scalars).map(([name, scalar]) => [
    name,
    { ...scalar, parseValue: (value: unknown) => value },
  ]);
  return {
    schema: makeExecutableSchema({ typeDefs, resolvers: [scalars, ...resolvers] }),
    ofCoerced: makeExecutableSchema({
      typeDefs,
      resolvers: [Object.fromEntries(ofCoerced), ...resolvers],
    }),
  };
}
