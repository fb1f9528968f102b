import type { Clients } from '#graphql/graph/clients.ts';
import { createLoaders, type Loaders } from '#graphql/graph/loaders.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';

/** What resolvers share within one request. */
export class Context {
  readonly clients: Clients;
  readonly call: Call;
  #loaders: Loaders | undefined;
  #itemsLeft: number;
  #tooMany: AppError | undefined;

  /** `itemsMax`: items that all lists may have together. */
  constructor(clients: Clients, call: Call, itemsMax = Infinity) {
    this.clients = clients;
    this.call = call;
    this.#itemsLeft = itemsMax;
  }

  /** Counts the items of a list that a resolver gave. Throws RESPONSE_TOO_LARGE once there are too many. */
  countItems(count: number): void {
    this.#itemsLeft -= count;
    if (this.#itemsLeft >= 0) return;
    // One for all lists that come after: making an error costs more than a list.
    this.#tooMany ??= new AppError(
      'RESPONSE_TOO_LARGE',
      'The lists of the answer would have too many items. Ask for smaller pages or fewer levels.',
    );
    throw this.#tooMany;
  }

  get loaders(): Loaders {
    this.#loaders ??= createLoaders(this.clients, this.call);
    return this.#loaders;
  }
}
