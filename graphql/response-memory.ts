import { markUnmapped } from '#graphql/graph/violations.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { memoryShare } from '#platform/memory.ts';

/** Bytes of one response: 100 products with descriptions of 10,000 characters of four bytes each. */
export const RESPONSE_BYTES_MAX = 4_000_000;
/** Bytes that services may return for one operation. */
const OPERATION_BYTES_MAX = 16_000_000;
/** Bytes that services may return for all operations in progress. */
const TOTAL_BYTES_MAX = memoryShare(1 / 8, 64_000_000);
/** An operation that holds at most this many bytes is not limited by the total. */
const SMALL_BYTES_MAX = 20_000;

/** Approximate bytes of an object or a list without its values, and of a number. */
const OBJECT_BYTES = 100;
const NUMBER_BYTES = 8;

/** Clients whose responses count against the limit of their operation and of all operations in progress. */
export interface ResponseMemory {
  readonly clients: Clients;
  /** Counts the responses to the operation's call until the result is disposed of. */
  open(call: Call): Disposable;
}

/**
 * Limits the memory that operations take while their responses are built. The call that exceeds the limit of its
 * operation rejects with RESPONSE_TOO_LARGE, the call that exceeds the limit of all operations with RESOURCE_EXHAUSTED.
 */
export function limitResponses(
  clients: Clients,
  { operationBytesMax = OPERATION_BYTES_MAX, totalBytesMax = TOTAL_BYTES_MAX } = {},
): ResponseMemory {
  let total = 0;

  function hold(call: Call, bytes: number): void {
    const before = call.heldBytes;
    // The operation has already been answered.
    if (before === undefined) return;
    const own = before + bytes;
    if (own > operationBytesMax) throw responseTooLarge();
    if (total + bytes > totalBytesMax && own > SMALL_BYTES_MAX)
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        'Too many large responses are in progress. Try again in a moment.',
      );
    call.heldBytes = own;
    total += bytes;
  }

  type Method = (request: never, call: Call) => Promise<unknown>;
  function counted<C extends object>(client: C): C {
    const methods = Object.entries<Method>(client as Record<string, Method>).map(([name, method]) => [
      name,
      async (request: never, call: Call) => {
        let answer: unknown;
        try {
          answer = await method(request, call);
        } catch (error) {
          throw markUnmapped(error);
        }
        hold(call, bytesOf(answer));
        return answer;
      },
    ]);
    return Object.fromEntries(methods) as C;
  }

  return {
    clients: {
      accounts: counted(clients.accounts),
      catalog: counted(clients.catalog),
      orders: counted(clients.orders),
    },
    open: (call) => {
      call.heldBytes = 0;
      return {
        [Symbol.dispose]: () => {
          total -= call.heldBytes ?? 0;
          call.heldBytes = undefined;
        },
      };
    },
  };
}

/** The error of an operation whose response has too many bytes. */
export function responseTooLarge(): AppError {
  return new AppError(
    'RESPONSE_TOO_LARGE',
    `The response would have more than ${RESPONSE_BYTES_MAX} bytes. Ask for smaller pages or fewer fields.`,
    { detail: { bytesMax: RESPONSE_BYTES_MAX } },
  );
}

/** Returns the approximate bytes that a message takes in memory. */
function bytesOf(value: unknown): number {
  // V8 stores two bytes per character if any character of the string is outside Latin-1.
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) for (const item of value) bytes += bytesOf(item);
  else for (const name in value) bytes += bytesOf(Reflect.get(value, name));
  return bytes;
}

/** Returns whether the JSON text of a result has at most `bytesMax` bytes. Stops counting when it has more. */
export function isJsonWithin(bytesMax: number, result: unknown): boolean {
  let left = bytesMax;
  const count = (value: unknown): void => {
    if (left < 0) return;
    if (typeof value === 'string') left -= Buffer.byteLength(value) + 2;
    else if (typeof value !== 'object' || value === null) left -= NUMBER_BYTES;
    else if (Array.isArray(value)) for (const item of value) count(item);
    else
      for (const name in value) {
        left -= name.length + 4;
        count(Reflect.get(value, name));
      }
  };
  count(result);
  return left >= 0;
}
