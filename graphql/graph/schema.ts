import { readdirSync, readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { resolvers } from '#graphql/graph/resolvers.ts';
import { createScalars } from '#graphql/graph/scalars.ts';

/** Resolvers by type and field. */
type Resolving = Readonly<Record<string, object>>;

const FOLDER = new URL('.', import.meta.url);

/** The SDL files beside this one, as they are written. */
export function readTypeDefs(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.graphql'));
  return files.sort().map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
}

/** A schema in the two forms that the gateway executes operations with. */
export interface Schemas {
  readonly schema: GraphQLSchema;
  /** The same with scalars that take coerced values as they are: for variables that `schema` has coerced. */
  readonly ofCoerced: GraphQLSchema;
}

/** The executable schemas for a currency with `digits` decimal places. */
export function createSchemas(digits: number): Schemas {
  return makeSchemas(readTypeDefs(), digits, resolvers);
}

/** The same for any SDL that has the shop's scalars. */
export function makeSchemas(typeDefs: string[], digits: number, resolvers: Resolving): Schemas {
  const scalars = createScalars(digits);
  const ofCoerced = Object.entries(scalars).map(([name, scalar]) => [
    name,
    new GraphQLScalarType<unknown>({ ...scalar.toConfig(), parseValue: (value) => value }),
  ]);
  return {
    schema: makeExecutableSchema({ typeDefs, resolvers: { ...scalars, ...resolvers } }),
    ofCoerced: makeExecutableSchema({
      typeDefs,
      resolvers: { ...Object.fromEntries(ofCoerced), ...resolvers },
    }),
  };
}
