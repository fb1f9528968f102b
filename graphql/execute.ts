import type { ExecutionResult } from 'graphql';
import {
  RESPONSE_BYTES_MAX,
  limitResponses,
  isJsonWithin,
  responseTooLarge,
} from '#graphql/response-memory.ts';
import { createCostGate } from '#platform/cost-gate.ts';
import { COST_MAX } from '#graphql/document-limits.ts';
import type { Operation } from '#graphql/documents.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { Context, type Access } from '#graphql/graph/context.ts';
import type { Call } from '#platform/call.ts';
import { shareReads } from '#platform/group.ts';

/** The operation and the variables of a request, independent of its caller. */
export interface Prepared {
  readonly operation: Operation;
  readonly variables: Record<string, unknown>;
  /** Identifies the document and its variables: queries of one principal with the same key can share a response. */
  readonly key: string;
  /** The idempotency key of the request; empty if it has none. */
  readonly idempotencyKey?: string;
  /** The refresh token in the cookie of the request; empty if it has none. */
  readonly refreshToken?: string;
}

export interface Executed {
  readonly result: ExecutionResult;
  /**
   * The result as JSON; undefined if it has errors, which contain the request id of each caller. A long text is a
   * Buffer, which all waiting callers are sent without a copy.
   */
  readonly json: string | Buffer | undefined;
  /** See Context.newRefreshToken. */
  readonly newRefreshToken?: string | undefined;
}

/**
 * Executes operations. Equal queries (the same document and variables) of one principal that wait at the same time are
 * executed once. The result is never older than the request (docs/decisions/0001-shared-reads.md).
 */
export function createExecutor(
  clients: Clients,
  access: Access,
): (prepared: Prepared, call: Call) => Promise<Executed> {
  const executeShared = shareReads<Prepared, Executed>(({ key }) => key, execute);
  const memory = limitResponses(clients);
  const gate = createCostGate(CONCURRENT_COST_MAX);

  async function execute(prepared: Prepared, call: Call): Promise<Executed> {
    const { cost, type } = prepared.operation;
    // Mutations are limited elsewhere, by the queues of group commits.
    if (cost <= UNQUEUED_COST_MAX || type === 'mutation') return executeNow(prepared, call);
    return gate.run(cost, call, () => executeNow(prepared, call));
  }

  async function executeNow(
    { operation, variables, idempotencyKey, refreshToken }: Prepared,
    call: Call,
  ): Promise<Executed> {
    using _held = memory.open(call);
    const context = new Context(memory.clients, call, {
      access,
      itemsMax: operation.itemsMax,
      idempotencyKey,
      refreshToken,
    });
    const result = await operation.execute(context, variables);
    // Most operations cannot have a response that is too large, so their results are not counted.
    if (operation.bytesMax > RESPONSE_BYTES_MAX && !isJsonWithin(RESPONSE_BYTES_MAX, result))
      throw responseTooLarge();
    const failed = result.errors !== undefined && result.errors.length > 0;
    const { newRefreshToken } = context;
    return { result, json: failed ? undefined : toJson(result), newRefreshToken };
  }

  return (prepared, call) =>
    prepared.operation.type === 'query' ? executeShared(prepared, call) : execute(prepared, call);
}

/** The maximum cost of an operation that runs without waiting: one or two products with all their fields. */
const UNQUEUED_COST_MAX = 1_000;
/** The maximum total cost of the other operations that run at the same time: about ten pages of 100 products in memory. */
const CONCURRENT_COST_MAX = 2 * COST_MAX;

/** Characters of JSON up to which a string is cheaper than a Buffer: Node sends it together with the headers. */
const TEXT_LENGTH_MAX = 65_536;

function toJson(result: ExecutionResult): string | Buffer {
  const text = JSON.stringify(result);
  return text.length > TEXT_LENGTH_MAX ? Buffer.from(text) : text;
}
