import { createHash } from 'node:crypto';
import { insertAccounts, renameIn } from '#account/store.ts';
import type { Account } from '#account/account.ts';
import { FORGET_MS } from '#account/identity/throttle-store.ts';
import type { Mail } from '#account/identity/mail-store.ts';
import { insertSession, revokeSessions, type NewSession } from '#account/identity/session-store.ts';
import type { Event } from '#platform/events/event.ts';
import { sqlState, type Database, type Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of credentials, sign-ups and password resets. */

export interface Credential {
  readonly accountId: string;
  readonly email: string;
  readonly passwordHash: string;
}

export interface PendingSignUp {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

interface CredentialRow {
  readonly account_id: string;
  readonly email: string;
  readonly password_hash: string;
}

const CREDENTIAL_COLUMNS = 'account_id, email, password_hash';
const UNIQUE_VIOLATION = '23505';

const BY_EMAIL: Statement = {
  name: 'credential_by_email',
  text: `SELECT ${CREDENTIAL_COLUMNS} FROM credential WHERE email = $1`,
};
const BY_ACCOUNT: Statement = {
  name: 'credential_by_account',
  text: `SELECT ${CREDENTIAL_COLUMNS} FROM credential WHERE account_id = $1`,
};
/** One statement for known and unknown addresses, so that they take the same time. */
const SIGN_UP: Statement = {
  name: 'sign_up',
  text: `
    WITH known AS (SELECT FROM credential WHERE email = $1),
    pending AS (
      INSERT INTO pending_sign_up (email, name, password_hash, token_hash, expires_at)
      SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM known)
    )
    INSERT INTO mail (id, recipient, subject, body)
    SELECT $6::uuid, $1, CASE WHEN is_known THEN $7 ELSE $9 END, CASE WHEN is_known THEN $8 ELSE $10 END
    FROM (SELECT EXISTS (SELECT FROM known) AS is_known) AS found`,
};
const PENDING: Statement = {
  name: 'pending_sign_up_by_token',
  text: 'SELECT email, name, password_hash FROM pending_sign_up WHERE token_hash = $1 AND expires_at > $2',
};
/** All sign-ups of the address of a token. */
const TAKE_PENDING: Statement = {
  name: 'take_pending_sign_up',
  text: `
    DELETE FROM pending_sign_up WHERE email = (SELECT email FROM pending_sign_up WHERE token_hash = $1) RETURNING email`,
};
const INSERT_CREDENTIAL: Statement = {
  name: 'insert_credential',
  text: 'INSERT INTO credential (account_id, email, password_hash) VALUES ($1, $2, $3)',
};
/** $2: the hash that is replaced, or null for any. */
const SET_PASSWORD: Statement = {
  name: 'set_password',
  text: `
    UPDATE credential SET password_hash = $3, changed_at = $4
    WHERE account_id = $1 AND ($2::text IS NULL OR password_hash = $2)
    RETURNING account_id`,
};
const REHASH: Statement = {
  name: 'rehash_password',
  text: 'UPDATE credential SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2 RETURNING account_id',
};
/** Tokens of e-mails must not outlive the password with which they were requested. */
const CANCEL_TOKENS: Statement = {
  name: 'cancel_mail_tokens',
  text: `
    WITH changes AS (DELETE FROM email_change WHERE account_id = $1)
    DELETE FROM password_reset WHERE account_id = $1`,
};
const ERASE_CREDENTIAL: Statement = {
  name: 'erase_credential',
  text: 'DELETE FROM credential WHERE account_id = $1 AND password_hash = $2 RETURNING email',
};
const ERASE: Statement = {
  name: 'erase_identity',
  text: `
    WITH resets AS (DELETE FROM password_reset WHERE account_id = $1),
    changes AS (DELETE FROM email_change WHERE account_id = $1),
    sign_ups AS (DELETE FROM pending_sign_up WHERE email = $2),
    mails AS (
      DELETE FROM mail
      WHERE recipient = $2 OR recipient IN (SELECT email FROM email_change WHERE account_id = $1)
    )
    DELETE FROM session WHERE account_id = $1`,
};
/**
 * Like sign_up. For an unknown address the reset has no account and the mail no recipient, so that both cases write the same
 * rows.
 */
const REQUEST_RESET: Statement = {
  name: 'request_password_reset',
  text: `
    WITH known AS (SELECT account_id FROM credential WHERE email = $1),
    reset AS (
      INSERT INTO password_reset (key, account_id, token_hash, expires_at)
      VALUES ($2, (SELECT account_id FROM known), $3, $4)
      ON CONFLICT (key) DO UPDATE SET account_id = excluded.account_id, token_hash = excluded.token_hash,
        expires_at = excluded.expires_at
    )
    INSERT INTO mail (id, recipient, subject, body)
    SELECT $5, CASE WHEN EXISTS (SELECT FROM known) THEN $1 ELSE '' END, $6, $7`,
};
const TAKE_RESET: Statement = {
  name: 'take_password_reset',
  text: `
    DELETE FROM password_reset AS reset USING credential
    WHERE token_hash = $1 AND expires_at > $2 AND credential.account_id = reset.account_id
    RETURNING reset.account_id, credential.email`,
};
const LOCK_CREDENTIAL: Statement = {
  name: 'lock_credential_of_reset',
  text: `
    SELECT FROM credential WHERE account_id = (SELECT account_id FROM password_reset WHERE token_hash = $1) FOR UPDATE`,
};
const HAS_RESET: Statement = {
  name: 'has_password_reset',
  text: 'SELECT FROM password_reset WHERE token_hash = $1 AND expires_at > $2 AND account_id IS NOT NULL',
};
const DELETE_BATCH_MAX = 1_000;
/** Rows that are older than $1, by the column that says so: a batch of each table. */
const DELETE_OLD = Object.entries({
  pending_sign_up: 'expires_at',
  password_reset: 'expires_at',
  email_change: 'expires_at',
  session: 'expires_at',
}).map(([table, column]) => deleteOld(table, column));
const DELETE_OLD_ATTEMPTS = deleteOld('attempt', 'last_at');

function deleteOld(table: string, column: string): Statement {
  return {
    name: `delete_old_${table}`,
    text: `
    DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${table} WHERE ${column} < $1 ORDER BY ${column} LIMIT ${DELETE_BATCH_MAX}))
    RETURNING 1 AS deleted`,
  };
}

export type IdentityStore = ReturnType<typeof createIdentityStore>;

export function createIdentityStore(database: Database) {
  const credential = async (statement: Statement, value: string): Promise<Credential | undefined> => {
    const [row] = await database.query<CredentialRow>(statement, [value]);
    return row && { accountId: row.account_id, email: row.email, passwordHash: row.password_hash };
  };

  return {
    credentialByEmail: (email: string) => credential(BY_EMAIL, email),
    credentialOf: (accountId: string) => credential(BY_ACCOUNT, accountId),

    /** Stores a sign-up and `mail`; if the address has an account, only `mailIfKnown`. Earlier sign-ups remain valid. */
    async signUp(
      pending: PendingSignUp & { tokenHash: Buffer; expiresAt: Date },
      { mail, mailIfKnown }: { mail: Mail; mailIfKnown: Pick<Mail, 'subject' | 'body'> },
    ): Promise<void> {
      const { email, name, passwordHash, tokenHash, expiresAt } = pending;
      const known = [mailIfKnown.subject, mailIfKnown.body];
      const mails = [mail.id, ...known, mail.subject, mail.body];
      await database.query(SIGN_UP, [email, name, passwordHash, tokenHash, expiresAt, ...mails]);
    },

    async pendingSignUp(tokenHash: Buffer, now: Date): Promise<PendingSignUp | undefined> {
      const [row] = await database.query<{ email: string; name: string; password_hash: string }>(PENDING, [
        tokenHash,
        now,
      ]);
      return row && { email: row.email, name: row.name, passwordHash: row.password_hash };
    },

    /** Turns a sign-up into an account with a session. Returns false if it was taken before, or its address has one. */
    async createAccount(
      tokenHash: Buffer,
      created: { account: Account; event: Event; passwordHash: string; session: NewSession },
    ): Promise<boolean> {
      const { account, event, passwordHash, session } = created;
      try {
        return await database.transaction(async (tx) => {
          const [taken] = await tx.query<{ email: string }>(TAKE_PENDING, [tokenHash]);
          if (!taken) return false;
          await insertAccounts(tx, [account], [event]);
          await tx.query(INSERT_CREDENTIAL, [account.id, taken.email, passwordHash]);
          await insertSession(tx, session, passwordHash);
          return true;
        });
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return false;
        throw error;
      }
    },

    /**
     * Replaces a password, revokes all sessions of the account but one and cancels a reset. Returns false if the password
     * is not the one with the hash `from` any more.
     */
    setPassword: (
      accountId: string,
      { from, to }: { from: string; to: string },
      { now, except }: { now: Date; except: string },
    ): Promise<boolean> =>
      database.transaction(async (tx) => {
        if ((await tx.query(SET_PASSWORD, [accountId, from, to, now])).length === 0) return false;
        await revokeSessions(tx, { accountId, except, now });
        await tx.query(CANCEL_TOKENS, [accountId]);
        return true;
      }),

    /**
     * Erases the credential, the sessions, the sign-ups and the e-mails of an account, and renames it. Returns false if the
     * credential was changed since it was read.
     */
    erase: (
      { accountId, passwordHash }: Credential,
      name: string,
      toEvent: (account: Account) => Event,
    ): Promise<boolean> =>
      database.transaction(async (tx) => {
        const [erased] = await tx.query<{ email: string }>(ERASE_CREDENTIAL, [accountId, passwordHash]);
        if (!erased) return false;
        await tx.query(ERASE, [accountId, erased.email]);
        await renameIn(tx, accountId, name, toEvent);
        return true;
      }),

    /** Stores a stronger hash of the same password. Returns false if the hash is not `from` any more. */
    async rehash(accountId: string, from: string, to: string): Promise<boolean> {
      return (await database.query(REHASH, [accountId, from, to])).length > 0;
    },

    /** Stores a reset and its mail; they lead nowhere if the address has no account. */
    async requestReset(
      reset: { email: string; tokenHash: Buffer; expiresAt: Date },
      mail: Mail,
    ): Promise<void> {
      const { email, tokenHash, expiresAt } = reset;
      const key = createHash('sha256').update(email).digest();
      const values = [email, key, tokenHash, expiresAt, mail.id, mail.subject, mail.body];
      await database.query(REQUEST_RESET, values);
    },

    async hasReset(tokenHash: Buffer, now: Date): Promise<boolean> {
      return (await database.query(HAS_RESET, [tokenHash, now])).length > 0;
    },

    /** Sets the password of the account of a token and revokes its sessions. Returns its address if the token is valid. */
    resetPassword: (tokenHash: Buffer, passwordHash: string, now: Date): Promise<string | undefined> =>
      database.transaction(async (tx) => {
        // In the order of the other changes of a password, so that two of them cannot deadlock.
        await tx.query(LOCK_CREDENTIAL, [tokenHash]);
        const [row] = await tx.query<{ account_id: string; email: string }>(TAKE_RESET, [tokenHash, now]);
        if (!row) return undefined;
        await tx.query(SET_PASSWORD, [row.account_id, null, passwordHash, now]);
        await revokeSessions(tx, { accountId: row.account_id, except: null, now });
        await tx.query(CANCEL_TOKENS, [row.account_id]);
        return row.email;
      }),

    /** Deletes a batch of what has expired, and of attempts of more than a day ago. Returns whether there may be more. */
    async deleteOld(now: Date): Promise<boolean> {
      const dayAgo = new Date(now.getTime() - FORGET_MS);
      const deleted = await Promise.all([
        ...DELETE_OLD.map((statement) => database.query(statement, [now])),
        database.query(DELETE_OLD_ATTEMPTS, [dayAgo]),
      ]);
      return deleted.some((rows) => rows.length === DELETE_BATCH_MAX);
    },
  };
}
