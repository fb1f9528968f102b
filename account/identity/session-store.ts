import type { RefreshToken } from '#account/identity/refresh-token.ts';
import { groupCalls } from '#platform/group.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of sessions. */

export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
}

/** A session to create, with its first refresh token. */
export interface NewSession {
  readonly accountId: string;
  readonly token: RefreshToken;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/**
 * Only while the password is the one that was checked: a session that began with a password must not outlive its change.
 * The lock makes one of the two wait for the other.
 */
const INSERT_SESSION: Statement = {
  name: 'insert_session',
  text: `
    INSERT INTO session (id, account_id, family_hash, token_hash, created_at, refreshed_at, expires_at)
    SELECT $1, account_id, $3, $4, $5, $5, $6 FROM (
      SELECT account_id FROM credential WHERE account_id = $2 AND password_hash = $7 FOR UPDATE
    ) AS checked
    RETURNING id`,
};
const ROTATE: Statement = {
  name: 'rotate_refresh_token',
  text: `
    UPDATE session SET token_hash = $4, refreshed_at = $5
    WHERE id = $1 AND family_hash = $2 AND token_hash = $3
      AND revoked_at IS NULL AND expires_at > $5 AND refreshed_at > $6
    RETURNING account_id`,
};
/** A token of the session that is not its last one. */
const REVOKE_REUSED: Statement = {
  name: 'revoke_reused_session',
  text: `
    UPDATE session SET revoked_at = $4
    WHERE id = $1 AND family_hash = $2 AND token_hash <> $3 AND revoked_at IS NULL
    RETURNING account_id`,
};
const REVOKE: Statement = {
  name: 'revoke_session',
  text: 'UPDATE session SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND account_id = $2 RETURNING id',
};
const REVOKE_OTHERS: Statement = {
  name: 'revoke_other_sessions',
  text: `
    UPDATE session SET revoked_at = $3
    WHERE account_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL`,
};
const ACTIVE: Statement = {
  name: 'active_sessions',
  text: 'SELECT id FROM session WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL AND expires_at > $2',
};
const SESSIONS: Statement = {
  name: 'sessions_of_account',
  text: `
    SELECT id, created_at, refreshed_at FROM session
    WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND refreshed_at > $3 ORDER BY id DESC LIMIT 100`,
};

export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore(database: Database) {
  return {
    /** Returns false if the password of the account is not the one with this hash any more. */
    createSession: (session: NewSession, passwordHash: string): Promise<boolean> =>
      insertSession(database, session, passwordHash),

    /** Replaces the last token of a session. Returns its account, undefined if the token is not the last one. */
    async rotate(
      { sessionId, familyHash, tokenHash }: RefreshToken,
      next: Buffer,
      { now, refreshedAfter }: { now: Date; refreshedAfter: Date },
    ): Promise<string | undefined> {
      const [row] = await database.query<{ account_id: string }>(ROTATE, [
        sessionId,
        familyHash,
        tokenHash,
        next,
        now,
        refreshedAfter,
      ]);
      return row?.account_id;
    },

    /** Revokes the session of a token that was valid before. Returns its account, undefined if there is none. */
    async revokeReused(
      { sessionId, familyHash, tokenHash }: RefreshToken,
      now: Date,
    ): Promise<string | undefined> {
      const values = [sessionId, familyHash, tokenHash, now];
      const [row] = await database.query<{ account_id: string }>(REVOKE_REUSED, values);
      return row?.account_id;
    },

    /** Returns false if the account has no such session. */
    async revoke(sessionId: string, accountId: string, now: Date): Promise<boolean> {
      return (await database.query(REVOKE, [sessionId, accountId, now])).length > 0;
    },

    /** Returns at most 100 sessions, the newest first. */
    async sessionsOf(accountId: string, now: Date, refreshedAfter: Date): Promise<Session[]> {
      const found = await database.query<{ id: string; created_at: Date; refreshed_at: Date }>(SESSIONS, [
        accountId,
        now,
        refreshedAfter,
      ]);
      return found.map((row) => ({ id: row.id, createdAt: row.created_at, refreshedAt: row.refreshed_at }));
    },

    /** Returns whether each session is neither revoked nor expired. Concurrent callers share a statement. */
    isActive: groupCalls<{ id: string; now: Date }, boolean>({
      run: async (sessions, signal) => {
        const nowMs = Math.max(...sessions.map(({ now }) => now.getTime()));
        const values = [sessions.map(({ id }) => id), new Date(nowMs)];
        const active = await database.query<{ id: string }>(ACTIVE, values, signal);
        const ids = new Set(active.map(({ id }) => id));
        return sessions.map(({ id }) => ids.has(id));
      },
      sizeMax: 500,
      queueMax: 10_000,
      concurrency: 2,
    }),
  };
}

export async function insertSession(
  tx: Queryable,
  { accountId, token, createdAt, expiresAt }: NewSession,
  passwordHash: string,
): Promise<boolean> {
  const { sessionId, familyHash, tokenHash } = token;
  const values = [sessionId, accountId, familyHash, tokenHash, createdAt, expiresAt, passwordHash];
  return (await tx.query(INSERT_SESSION, values)).length > 0;
}

/** Revokes all sessions of an account but one. */
export async function revokeSessions(
  tx: Queryable,
  { accountId, except, now }: { accountId: string; except: string | null; now: Date },
): Promise<void> {
  await tx.query(REVOKE_OTHERS, [accountId, except, now]);
}
