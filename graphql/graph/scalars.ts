import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Kind, type GraphQLScalarTypeConfig } from 'graphql';
import { moneyToNumber, parseMoney } from '#graphql/graph/money.ts';
import { invalid } from '#platform/errors.ts';

export type { Timestamp };

/** How a scalar is read and written; its name, description and specification are in the SDL. */
type Coercion<I, O> = Pick<GraphQLScalarTypeConfig<I, O>, 'serialize' | 'parseValue' | 'parseLiteral'>;

/** The scalars of the schema, for a currency with `digits` decimal places. */
export function createScalars(digits: number) {
  return { Money: money(digits), DateTime, Cursor };
}

function money(digits: number): Coercion<number, number> {
  // Minor units are plain numbers up here: graphql-jit writes literals into its code as JSON, which has no bigint.
  const parse = (text: string): number => parseMoney(text, digits);
  return {
    serialize: (minor) => moneyToNumber(minor as bigint, digits),
    parseValue: (value) => {
      if (typeof value !== 'number' && typeof value !== 'string')
        throw invalid('money', 'must be a number such as 1199.99');
      // The shortest text that names the double: what the caller wrote, for up to 15 digits.
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

/** JavaScript writes small and large numbers with an exponent; all of those are out of Money's bounds but zero is not. */
function plainDecimal(value: number | string): string {
  return Object.is(value, -0) ? '0' : String(value);
}

const DateTime: Coercion<never, string> = {
  serialize: (timestamp) => timestampDate(timestamp as Timestamp).toISOString(),
};

/** Base64url of the form and what it holds: 1 an id, 2 a place among what a search found. Opaque to callers. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Whether a place is that of a list that is ordered by id. */
export const isId = (place: string): boolean => ID.test(place);
const cursorText = (place: string): string => `${isId(place) ? 1 : 2}:${place}`;
const Cursor: Coercion<string, string> = {
  serialize: (place) => Buffer.from(cursorText(String(place))).toString('base64url'),
  parseValue: parseCursor,
  parseLiteral: (node) => parseCursor(node.kind === Kind.STRING ? node.value : undefined),
};

const CURSOR_TEXT = /^(?:1:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|2:([0-9a-z:.-]{1,120}))$/;
const CURSOR_LENGTH_MAX = 200;

/** The id, or the place in what was found, that the list goes on from; whoever reads it checks that it is its own. */
function parseCursor(value: unknown): string {
  const text =
    typeof value === 'string' && value.length <= CURSOR_LENGTH_MAX
      ? Buffer.from(value, 'base64url').toString('latin1')
      : '';
  const [, id, place] = CURSOR_TEXT.exec(text) ?? [];
  const found = id ?? place;
  if (found === undefined) throw invalid('cursor', 'must be one that this list gave');
  return found;
}
