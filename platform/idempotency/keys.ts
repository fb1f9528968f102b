import { fileURLToPath } from 'node:url';
import { AppError } from '#platform/errors.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { setIndexOrder } from '#platform/postgres/index-order.ts';
import { sqlState, type Database, type Queryable, type Statement } from '#platform/postgres/pool.ts';

/** The stored answers of requests with an idempotency key. */

export const IDEMPOTENCY_MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/** How long a key is kept at least, in milliseconds: 24 hours. */
export const KEY_RETENTION_MS = 86_400_000;
/** How long a request waits for another one with the same key that is being stored, in milliseconds. */
const CLAIM_TIMEOUT_MS = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';
const DELETE_INTERVAL_MS = 600_000;
const DELETE_BATCH_MAX = 1_000;

/** What is stored with the effect of a request that has a key. */
export interface Claim {
  /** 32 bytes. */
  readonly key: Buffer;
  /** 32 bytes. */
  readonly requestHash: Buffer;
  readonly answer: Uint8Array;
}

interface ClaimRow {
  readonly key: Buffer;
  readonly request_hash: Buffer;
  readonly answer: Buffer;
}

const LOCK_TIMEOUT: Statement = {
  name: 'limit_idempotency_wait',
  text: `SELECT set_config('lock_timeout', '${CLAIM_TIMEOUT_MS}ms', true)`,
};
/**
 * Waits for a transaction that has inserted the same key: its commit makes the key taken, its rollback makes it free. Sorted,
 * so that two transactions with the same keys cannot deadlock.
 */
const CLAIM: Statement = {
  name: 'claim_idempotency_keys',
  text: `
    INSERT INTO idempotency_key (key, request_hash, answer)
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS claim (key, request_hash, answer) ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING key`,
};
const BY_KEYS: Statement = {
  name: 'idempotency_keys_by_keys',
  text: 'SELECT key, request_hash, answer FROM idempotency_key WHERE key = ANY($1::bytea[])',
};
const DELETE_OLD: Statement = {
  name: 'delete_old_idempotency_keys',
  text: `
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM idempotency_key WHERE created_at < $1 ORDER BY created_at LIMIT ${DELETE_BATCH_MAX}))
    RETURNING key`,
};
const INDEX_ORDER = setIndexOrder('transaction');

/**
 * Stores claims within the transaction of their effects, and returns those whose key was free. The others must have no
 * effect: their key has an answer. Throws an error of PostgreSQL if a key is being stored for more than CLAIM_TIMEOUT_MS.
 */
export async function storeClaims(tx: Queryable, claims: readonly Claim[]): Promise<Set<Claim>> {
  const firstByKey = new Map(claims.toReversed().map((claim) => [textOf(claim.key), claim]));
  const distinct = [...firstByKey.values()];
  await tx.query(LOCK_TIMEOUT, []);
  const rows = await tx.query<Pick<ClaimRow, 'key'>>(CLAIM, [
    distinct.map((claim) => claim.key),
    distinct.map((claim) => claim.requestHash),
    distinct.map((claim) => Buffer.from(claim.answer)),
  ]);
  return new Set(rows.flatMap(({ key }) => firstByKey.get(textOf(key)) ?? []));
}

/** Like `storeClaims` for one optional claim. Throws IDEMPOTENCY_IN_PROGRESS if its key is taken. */
export async function storeClaim(tx: Queryable, claim: Claim | undefined): Promise<void> {
  if (!claim) return;
  const stored = await storeClaims(tx, [claim]).catch((error: unknown) => {
    throw isKeyBusy(error) ? keyTaken() : error;
  });
  if (!stored.has(claim)) throw keyTaken();
}

/** Whether a key was being stored by another transaction for too long. */
export function isKeyBusy(error: unknown): boolean {
  return sqlState(error) === LOCK_NOT_AVAILABLE;
}

/** Returns the claims that are stored, in the order of the keys. */
export async function findClaims(
  database: Queryable,
  keys: readonly Buffer[],
  signal: AbortSignal,
): Promise<(Claim | null)[]> {
  const rows = await database.query<ClaimRow>(BY_KEYS, [keys], signal);
  const byKey = new Map(
    rows.map(({ key, request_hash: requestHash, answer }) => [textOf(key), { key, requestHash, answer }]),
  );
  return keys.map((key) => byKey.get(textOf(key)) ?? null);
}

/** The error of a request whose key another request has taken since this one began. */
export function keyTaken(): AppError {
  return new AppError(
    'IDEMPOTENCY_IN_PROGRESS',
    'Another request with this idempotency key is in progress. Try again in a moment.',
  );
}

/** Deletes keys of more than KEY_RETENTION_MS until disposal. */
export function deleteOldKeys(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): AsyncDisposable {
  return repeat(DELETE_INTERVAL_MS, deps.logger, 'deleting old idempotency keys', async () => {
    const deleted = await deps.database.transaction(async (tx) => {
      await tx.query(INDEX_ORDER, []);
      return tx.query(DELETE_OLD, [new Date(deps.clock.now() - KEY_RETENTION_MS)]);
    });
    return deleted.length === DELETE_BATCH_MAX;
  });
}

function textOf(key: Buffer): string {
  return key.toString('latin1');
}
