import type { Clients } from '#graphql/graph/clients.ts';
import { createLoaders, type Loaders } from '#graphql/graph/loaders.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';

/** The context that resolvers of one request share. */
export class Context {
  readonly clients: Clients;
  readonly call: Call;
  #loaders: Loaders | undefined;
  #itemsLeft: number;
  #tooManyItems: AppError | undefined;

  /** `itemsMax`: the maximum number of items of all lists. */
  constructor(clients: Clients, call: Call, itemsMax = Infinity) {
    this.clients = clients;
    this.call = call;
    this.#itemsLeft = itemsMax;
  }

  /** Counts the items of a list that a resolver returned. Throws RESPONSE_TOO_LARGE if there are too many. */
  countItems(count: number): void {
    this.#itemsLeft -= count;
    if (this.#itemsLeft >= 0) return;
    // All further lists throw the same error: creating an error costs more than a list.
    this.#tooManyItems ??= new AppError(
      'RESPONSE_TOO_LARGE',
      'The lists of the response would have too many items. Ask for smaller pages or fewer levels.',
    );
    throw this.#tooManyItems;
  }

  get loaders(): Loaders {
    this.#loaders ??= createLoaders(this.clients, this.call);
    return this.#loaders;
  }
}
