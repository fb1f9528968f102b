import { hash } from 'node:crypto';
import type { Clients } from '#graphql/graph/clients.ts';
import { createLoaders, type Loaders } from '#graphql/graph/loaders.ts';
import type { Role } from '#platform/auth/roles.ts';
import { unauthenticated } from '#platform/auth/verify-token.ts';
import { requireIdempotencyKey } from '#platform/idempotency/once.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';

/** `open`: every caller may do everything, for tests and measurements on one machine. */
export type Access = 'enforced' | 'open';

/** The roles that work with the accounts and orders of all customers. */
const SEES_ALL: ReadonlySet<string> = new Set<Role>(['support', 'admin', 'service']);

function denied(roles: readonly Role[]): AppError {
  return new AppError('PERMISSION_DENIED', `This field requires one of the roles ${roles.join(', ')}.`);
}

interface ContextOptions {
  readonly access: Access;
  /** The maximum number of items of all lists. */
  readonly itemsMax?: number | undefined;
  /** The idempotency key of the request; empty if it has none. */
  readonly idempotencyKey?: string | undefined;
  /** The refresh token in the cookie of the request; empty if it has none. */
  readonly refreshToken?: string | undefined;
}

/** The context that resolvers of one request share. */
export class Context {
  readonly clients: Clients;
  readonly call: Call;
  #loaders: Loaders | undefined;
  /** The refresh token in the cookie of the request; empty if it has none. */
  readonly refreshToken: string;
  /** The refresh token that the response stores in the cookie, empty to remove it; undefined to leave it. */
  newRefreshToken: string | undefined;
  readonly #access: Access;
  readonly #idempotencyKey: string;
  #keysTaken = 0;
  #itemsLeft: number;
  #tooManyItems: AppError | undefined;

  constructor(
    clients: Clients,
    call: Call,
    { access, itemsMax = Infinity, idempotencyKey = '', refreshToken = '' }: ContextOptions,
  ) {
    this.clients = clients;
    this.call = call;
    this.#access = access;
    this.refreshToken = refreshToken;
    this.#idempotencyKey = idempotencyKey;
    this.#itemsLeft = itemsMax;
  }

  /** Throws UNAUTHENTICATED or PERMISSION_DENIED if the caller has none of the roles. */
  requireRole(roles: readonly Role[]): void {
    if (this.#access === 'open') return;
    const { identity } = this.call.principal;
    if (!identity) throw unauthenticated();
    if (!identity.roles.some((role) => (roles as readonly string[]).includes(role))) throw denied(roles);
  }

  /** Whether an account and its orders exist for the caller: those of others exist for staff only. */
  maySee(accountId: string): boolean {
    if (this.#access === 'open') return true;
    const { identity } = this.call.principal;
    if (!identity) return false;
    return identity.subject === accountId || identity.roles.some((role) => SEES_ALL.has(role));
  }

  /**
   * Returns the idempotency key of the next mutation, or empty: its argument, or a key derived from the one of the request.
   * The first mutation gets that key itself. Mutations run in the order of the document, so a repeated request derives the
   * same keys.
   */
  nextIdempotencyKey(argument: string | null | undefined): string {
    if (argument != null) return this.#ofCaller(requireIdempotencyKey(argument));
    if (this.#idempotencyKey === '') return '';
    this.#keysTaken += 1;
    if (this.#keysTaken === 1) return this.#ofCaller(this.#idempotencyKey);
    return this.#ofCaller(hash('sha256', `${this.#keysTaken} ${this.#idempotencyKey}`));
  }

  /** Not all services verify the token of a caller yet, so the key itself belongs to the caller. */
  #ofCaller(key: string): string {
    const { identity } = this.call.principal;
    return identity ? hash('sha256', JSON.stringify([identity.subject, key])) : key;
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
