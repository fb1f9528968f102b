import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Kind, type GraphQLScalarTypeConfig } from 'graphql';
import { encodeCursor, type Cursor as CursorValue } from '#graphql/graph/cursor.ts';
import { parseDateTime } from '#graphql/graph/date-time.ts';
import { moneyToNumber, parseMoney } from '#graphql/graph/money.ts';
import { invalid } from '#platform/errors.ts';

export type { Timestamp };

/** The coercion of a scalar. Its name, description and specification are in the SDL. */
type Coercion<I, O> = Pick<GraphQLScalarTypeConfig<I, O>, 'serialize' | 'parseValue' | 'parseLiteral'>;

/** The scalars of the schema, for a currency with `digits` decimal places. */
export function createScalars(digits: number) {
  return { Money: money(digits), DateTime, Cursor };
}

function money(digits: number): Coercion<number, number> {
  // Minor units are numbers in resolvers: graphql-jit writes literals into its code as JSON, which has no bigint.
  const parse = (text: string): number => parseMoney(text, digits);
  return {
    serialize: (minor) => moneyToNumber(minor as bigint, digits),
    parseValue: (value) => {
      if (typeof value !== 'number' && typeof value !== 'string')
        throw invalid('money', 'must be a number such as 1199.99');
      // The shortest text of the double, which for up to 15 digits is the number in the request.
      return parse(plainDecimal(value));
    },
    parseLiteral: (node) => {
      if (node.kind !== Kind.INT && node.kind !== Kind.FLOAT && node.kind !== Kind.STRING) {
        throw invalid('money', 'must be a number such as 1199.99');
      }
      return parse(node.value);
    },
  };
}

/** JavaScript formats very small and very large numbers with an exponent; all of them are out of bounds for Money. */
function plainDecimal(value: number | string): string {
  return Object.is(value, -0) ? '0' : String(value);
}

const DateTime: Coercion<number, string> = {
  serialize: (timestamp) => timestampDate(timestamp as Timestamp).toISOString(),
  parseValue: parseMoment,
  parseLiteral: (node) => parseMoment(node.kind === Kind.STRING ? node.value : undefined),
};

/** Returns milliseconds since the Unix epoch; a number for the same reason as in `money`. */
function parseMoment(value: unknown): number {
  const moment = typeof value === 'string' ? parseDateTime(value) : undefined;
  if (moment === undefined)
    throw invalid('time', 'must be a time such as 2026-01-31T12:00:00.000Z (RFC 3339)');
  return moment;
}

/** Accepts any text. The field checks that it is a cursor of its list, so that literals and variables fail alike. */
const Cursor: Coercion<string, string> = {
  serialize: (cursor) => encodeCursor(cursor as CursorValue),
  parseValue: parseCursor,
  parseLiteral: (node) => parseCursor(node.kind === Kind.STRING ? node.value : undefined),
};

function parseCursor(value: unknown): string {
  if (typeof value !== 'string') throw invalid('cursor', 'must be a string');
  return value;
}
