import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { GraphQLError, GraphQLScalarType, GraphQLString, Kind } from 'graphql';
import { cursorText, type Cursor as CursorValue } from '#graphql/graph/cursor.ts';
import { parseDateTime } from '#graphql/graph/date-time.ts';
import { moneyToNumber, parseMoney } from '#graphql/graph/money.ts';
import { AppError } from '#platform/errors.ts';

export type { Timestamp };

/** The scalars of the schema, for a currency with `digits` decimal places. */
export function createScalars(digits: number) {
  return { Money: money(digits), DateTime, Cursor };
}

function money(digits: number): GraphQLScalarType<number, number> {
  // Minor units are plain numbers up here: graphql-jit writes literals into its code as JSON, which has no bigint.
  const parse = (text: string): number => asGraphQLError(() => parseMoney(text, digits));
  return new GraphQLScalarType<number, number>({
    name: 'Money',
    serialize: (minor) => moneyToNumber(minor as bigint, digits),
    parseValue: (value) => {
      if (typeof value !== 'number' && typeof value !== 'string')
        throw new GraphQLError('money must be a number such as 1199.99');
      // The shortest text that names the double: what the caller wrote, for up to 15 digits.
      return parse(plainDecimal(value));
    },
    parseLiteral: (node) => {
      if (node.kind !== Kind.INT && node.kind !== Kind.FLOAT && node.kind !== Kind.STRING) {
        throw new GraphQLError('money must be a number such as 1199.99');
      }
      return parse(node.value);
    },
  });
}

/** JavaScript writes small and large numbers with an exponent; all of those are out of Money's bounds but zero is not. */
function plainDecimal(value: number | string): string {
  return Object.is(value, -0) ? '0' : String(value);
}

const DateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  serialize: (timestamp) => timestampDate(timestamp as Timestamp).toISOString(),
  parseValue: parseMoment,
  parseLiteral: (node) => parseMoment(node.kind === Kind.STRING ? node.value : undefined),
});

/** Milliseconds since the Unix epoch, as a number for the same reason as above. */
function parseMoment(value: unknown): number {
  const moment = typeof value === 'string' ? parseDateTime(value) : undefined;
  if (moment === undefined)
    throw new GraphQLError('a moment must be a text such as "2026-01-31T12:00:00.000Z" (RFC 3339)');
  return moment;
}

/** Any text: whether it is a cursor of the list, the field decides, so that a literal and a variable fail alike. */
const Cursor = new GraphQLScalarType<string, string>({
  name: 'Cursor',
  serialize: (cursor) => cursorText(cursor as CursorValue),
  parseValue: GraphQLString.parseValue,
  parseLiteral: GraphQLString.parseLiteral,
});

function asGraphQLError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AppError ? new GraphQLError(error.publicMessage) : error;
  }
}
