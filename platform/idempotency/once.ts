import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import type { Call } from '#platform/call.ts';
import { AppError, invalid } from '#platform/errors.ts';
import type { Event } from '#platform/events/event.ts';
import { groupCalls } from '#platform/group.ts';
import { findClaims, type Claim } from '#platform/idempotency/keys.ts';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '#platform/limits.ts';
import type { Queryable } from '#platform/postgres/pool.ts';

/** Returns the claim of a request with the answer for this entity. The store writes it together with the entity. */
export type ClaimFor<T> = (entity: T) => Claim;

/**
 * Stores an entity, its events and the claim of its request in one commit, and returns the stored entity. Throws
 * IDEMPOTENCY_IN_PROGRESS and stores nothing if the idempotency key of the request is taken.
 */
export type Insert<T> = (entity: T, events: readonly Event[], call: Call, claim?: ClaimFor<T>) => Promise<T>;

/** An insert that stores the claim of a request. */
export function claiming<T>(insert: Insert<T>, claim: ClaimFor<T> | undefined): { insert: Insert<T> } {
  return { insert: (entity, events, call) => insert(entity, events, call, claim) };
}

/**
 * Runs a method once for each idempotency key of a caller: a repeated request gets the answer of the first one, also if
 * both run at the same time, in this process or in another. An error is not stored, so the request can be repeated.
 */
export interface Idempotency {
  /**
   * `work` passes `claim` to the store, which writes it in the transaction of the effect; it is undefined if the request
   * has no key. Throws INVALID_ARGUMENT, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS and the errors of `work`.
   */
  once<I extends DescMessage, O extends DescMessage, T>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I> & { readonly idempotencyKey: string },
    call: Call,
    effect: {
      work(claim: ClaimFor<T> | undefined): Promise<T>;
      toResponse(entity: T): MessageInitShape<O>;
    },
  ): Promise<MessageInitShape<O>>;
}

const KEY = /^[\x20-\x7e]+$/;

export function createIdempotency(database: Queryable): Idempotency {
  const find = groupCalls<Buffer, Claim | null>({
    run: (keys, signal) => findClaims(database, keys, signal),
    sizeMax: 500,
    queueMax: 10_000,
    concurrency: 2,
  });

  return {
    async once(method, request, call, { work, toResponse }) {
      const { idempotencyKey } = request;
      if (idempotencyKey === '') return toResponse(await work(undefined));
      const key = sha256(
        call.principal.identity?.subject ?? '',
        methodName(method),
        requireIdempotencyKey(idempotencyKey),
      );
      const requestHash = sha256(canonical(request));
      const replay = ({ requestHash: first, answer }: Claim) => {
        if (!first.equals(requestHash)) throw keyReused();
        return fromBinary(method.output, answer) as unknown as MessageInitShape<typeof method.output>;
      };
      const stored = await find(key, call);
      if (stored) return replay(stored);
      try {
        return toResponse(
          await work((entity) => {
            const answer = toBinary(method.output, create(method.output, toResponse(entity)));
            return { key, requestHash, answer };
          }),
        );
      } catch (error) {
        if (!(error instanceof AppError) || error.reason !== 'IDEMPOTENCY_IN_PROGRESS') throw error;
        const first = await find(key, call);
        if (!first) throw error;
        return replay(first);
      }
    },
  };
}

/** Whether a key has an allowed length and only printable ASCII characters. */
export function isIdempotencyKey(key: string): boolean {
  return key.length <= IDEMPOTENCY_KEY_LENGTH_MAX && KEY.test(key);
}

/** Throws INVALID_ARGUMENT. */
export function requireIdempotencyKey(key: string): string {
  if (!isIdempotencyKey(key))
    throw invalid(
      'idempotencyKey',
      `must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters`,
    );
  return key;
}

function keyReused(): AppError {
  return new AppError(
    'IDEMPOTENCY_KEY_REUSED',
    'This idempotency key belongs to another request of the last 24 hours. Use a new key for a new request.',
  );
}

function methodName(method: DescMethodUnary): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** The text of a request without its key: equal for equal requests, regardless of the order of properties. */
function canonical(request: { readonly idempotencyKey: string }): string {
  return JSON.stringify({ ...request, idempotencyKey: '' }, (_name, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

function sha256(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
