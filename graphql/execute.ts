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
import { Context } from '#graphql/graph/context.ts';
import type { Call } from '#platform/call.ts';
import { shareReads } from '#platform/group.ts';

/** What a request asks for, whoever sends it. */
export interface Prepared {
  readonly operation: Operation;
  readonly variables: Record<string, unknown>;
  /** Equal for queries that have the same answer for one principal at one moment: the document and its variables. */
  readonly key: string;
}

export interface Executed {
  readonly result: ExecutionResult;
  /**
   * The result as JSON; undefined if it has errors, which are worded for each caller. Long text is bytes, which all who
   * wait for it are sent without a copy for each.
   */
  readonly json: string | Buffer | undefined;
}

/**
 * Executes operations. Equal queries (the same document and variables) of one principal that wait at the same moment
 * are executed once: when a thousand shoppers look at the same page, it is made once a round trip, never older than the
 * question (docs/decisions/0001-shared-reads.md).
 */
export function createExecutor(clients: Clients): (prepared: Prepared, call: Call) => Promise<Executed> {
  const executeShared = shareReads<Prepared, Executed>(({ key }) => key, execute);
  const memory = limitResponses(clients);
  const gate = createCostGate(EXPENSIVE_AT_ONCE_MAX);

  async function execute(prepared: Prepared, call: Call): Promise<Executed> {
    const { cost, type } = prepared.operation;
    // What mutations cost is bounded where it arises, by the queues of group commits.
    if (cost <= CHEAP_MAX || type === 'mutation') return executeNow(prepared, call);
    return gate.run(cost, call, () => executeNow(prepared, call));
  }

  async function executeNow({ operation, variables }: Prepared, call: Call): Promise<Executed> {
    using _held = memory.open(call);
    const context = new Context(memory.clients, call, operation.itemsMax);
    const result = await operation.execute(context, variables);
    // Most operations cannot have an answer that is too large, whatever they find.
    if (operation.bytesMax > RESPONSE_BYTES_MAX && !isJsonWithin(RESPONSE_BYTES_MAX, result))
      throw responseTooLarge();
    const failed = result.errors !== undefined && result.errors.length > 0;
    return { result, json: failed ? undefined : toJson(result) };
  }

  return (prepared, call) =>
    prepared.operation.type === 'query' ? executeShared(prepared, call) : execute(prepared, call);
}

/** What an operation may cost to run without waiting: a product or two with all their fields. */
const CHEAP_MAX = 1_000;
/** What others may cost together: what services send for ten pages of 100 products is in memory at once. */
const EXPENSIVE_AT_ONCE_MAX = 2 * COST_MAX;

/** Characters of JSON up to which text is cheaper than bytes: Node sends it together with the head. */
const TEXT_LENGTH_MAX = 65_536;

function toJson(result: ExecutionResult): string | Buffer {
  const text = JSON.stringify(result);
  return text.length > TEXT_LENGTH_MAX ? Buffer.from(text) : text;
}
