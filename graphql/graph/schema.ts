import { readdirSync, readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { resolvers } from '#graphql/graph/resolvers.ts';
import { createScalars } from '#graphql/graph/scalars.ts';

const FOLDER = new URL('.', import.meta.url);

/** The SDL files beside this one, as they are written. */
export function readTypeDefs(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.graphql'));
  return files.sort().map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
}

/** The executable schema for a currency with `digits` decimal places. */
export function createSchema(digits: number): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: readTypeDefs(),
    resolvers: { ...createScalars(digits), ...resolvers },
  });
}

/** The same for variables that were coerced by that one: its scalars take them as they are. */
export function createSchemaOfCoerced(digits: number): GraphQLSchema {
  const scalars = Object.entries(createScalars(digits)).map(([name, scalar]) => [
    name,
    new GraphQLScalarType<unknown>({ ...scalar.toConfig(), parseValue: (value) => value }),
  ]);
  return makeExecutableSchema({
    typeDefs: readTypeDefs(),
    resolvers: { ...Object.fromEntries(scalars), ...resolvers },
  });
}
