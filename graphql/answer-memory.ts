import { unnamed } from '#graphql/graph/violations.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { memoryShare } from '#platform/memory.ts';

/** Bytes of one answer: 100 products with descriptions of 10,000 characters of four bytes each. */
export const ANSWER_BYTES_MAX = 4_000_000;
/** Bytes that services may give for one operation. */
const OPERATION_BYTES_MAX = 16_000_000;
/** Bytes that they may give for all operations under way together. */
const TOTAL_BYTES_MAX = memoryShare(1 / 8, 64_000_000);
/** An operation that holds no more than this is let through, however much the others hold. */
const SMALL_BYTES_MAX = 20_000;

/** What an object or a list takes in memory beside its values, and what a number takes, about. */
const OBJECT_BYTES = 100;
const NUMBER_BYTES = 8;

/** Clients whose answers are counted against the operation that asked, and against all that are under way. */
export interface AnswerMemory {
  readonly clients: Clients;
  /** Counts what is answered to the operation's call until it is disposed of. */
  open(call: Call): Disposable;
}

/**
 * Bounds the memory that operations take while their answers are made. The call that brings one of them over its bound
 * rejects with RESPONSE_TOO_LARGE, or with RESOURCE_EXHAUSTED if it is the others that hold too much.
 */
export function boundAnswers(
  clients: Clients,
  { operationBytesMax = OPERATION_BYTES_MAX, totalBytesMax = TOTAL_BYTES_MAX } = {},
): AnswerMemory {
  let total = 0;

  function hold(call: Call, bytes: number): void {
    const before = call.heldBytes;
    // A part of an operation that has its answer already.
    if (before === undefined) return;
    const own = before + bytes;
    if (own > operationBytesMax) throw responseTooLarge();
    if (total + bytes > totalBytesMax && own > SMALL_BYTES_MAX)
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        'Too many large answers are under way. Try again in a moment.',
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
          throw unnamed(error);
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

/** The error of an operation whose answer has too many bytes. */
export function responseTooLarge(): AppError {
  return new AppError(
    'RESPONSE_TOO_LARGE',
    `The answer would have more than ${ANSWER_BYTES_MAX} bytes. Ask for smaller pages or fewer fields.`,
    { detail: { bytesMax: ANSWER_BYTES_MAX } },
  );
}

/** What a message takes in memory, about. */
function bytesOf(value: unknown): number {
  // V8 keeps two bytes for each character of a text that has one beyond Latin-1.
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) for (const item of value) bytes += bytesOf(item);
  else for (const name in value) bytes += bytesOf(Reflect.get(value, name));
  return bytes;
}

/** Whether the JSON text of a result has at most so many bytes. It stops where it has counted more. */
export function isWithin(bytesMax: number, result: unknown): boolean {
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
