import { hash } from 'node:crypto';
import type { Clients } from '#graphql/graph/clients.ts';
import { createLoaders, type Loaders } from '#graphql/graph/loaders.ts';
import type { Call } from '#platform/call.ts';
import { AppError, invalid } from '#platform/errors.ts';

/** The context that resolvers of one request share. */
export class Context {
  readonly clients: Clients;
  readonly call: Call;
  #loaders: Loaders | undefined;
  readonly #idempotencyKey: string;
  #keysTaken = 0;
  #itemsLeft: number;
  #tooManyItems: AppError | undefined;

  /** `itemsMax`: the maximum number of items of all lists. `idempotencyKey`: the key of the request, or empty. */
  constructor(clients: Clients, call: Call, { itemsMax = Infinity, idempotencyKey = '' } = {}) {
    this.clients = clients;
    this.call = call;
    this.#idempotencyKey = idempotencyKey;
    this.#itemsLeft = itemsMax;
  }

  /**
   * Returns the idempotency key of the next mutation, or empty: its argument, or a key derived from the one of the request.
   * The first mutation gets that key itself. Mutations run in the order of the document, so a repeated request derives the
   * same keys.
   */
  nextIdempotencyKey(argument: string | null | undefined): string {
    if (argument === '') throw invalid('idempotencyKey', 'must not be empty');
    if (argument != null) return argument;
    if (this.#idempotencyKey === '') return '';
    this.#keysTaken += 1;
    if (this.#keysTaken === 1) return this.#idempotencyKey;
    return hash('sha256', `${this.#keysTaken} ${this.#idempotencyKey}`);
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
