import type { Mail } from '#account/identity/mail-store.ts';
import { sqlState, type Database, type Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of changes of e-mail addresses. */

const UNIQUE_VIOLATION = '23505';

/**
 * One statement for known and unknown addresses, so that they take the same time. Only while the password is the one that
 * was checked (session-store.ts).
 */
const REQUEST: Statement = {
  name: 'request_email_change',
  text: `
    WITH own AS MATERIALIZED (
      SELECT account_id FROM credential WHERE account_id = $1 AND password_hash = $10 FOR UPDATE
    ),
    known AS (SELECT FROM credential WHERE email = $2),
    change AS (
      INSERT INTO email_change (account_id, email, token_hash, expires_at)
      SELECT account_id, $2, $3, $4 FROM own WHERE NOT EXISTS (SELECT FROM known)
      ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, token_hash = excluded.token_hash,
        expires_at = excluded.expires_at
    )
    INSERT INTO mail (id, recipient, subject, body)
    SELECT $5::uuid, $2, CASE WHEN is_known THEN $6 ELSE $8 END, CASE WHEN is_known THEN $7 ELSE $9 END
    FROM own CROSS JOIN (SELECT EXISTS (SELECT FROM known) AS is_known) AS found
    RETURNING id`,
};
/** The mail goes to the old address, whose tokens of resets end. */
const CONFIRM: Statement = {
  name: 'confirm_email_change',
  text: `
    WITH change AS (
      DELETE FROM email_change WHERE token_hash = $1 AND expires_at > $2 AND account_id = $6 RETURNING account_id, email
    ),
    old AS (SELECT credential.account_id, credential.email FROM credential JOIN change USING (account_id)),
    resets AS (DELETE FROM password_reset USING change WHERE password_reset.account_id = change.account_id),
    told AS (INSERT INTO mail (id, recipient, subject, body) SELECT $3::uuid, email, $4, $5 FROM old)
    UPDATE credential SET email = change.email FROM change WHERE credential.account_id = change.account_id
    RETURNING credential.account_id`,
};

export type EmailStore = ReturnType<typeof createEmailStore>;

export function createEmailStore(database: Database) {
  return {
    /**
     * Stores a change and `mail`; if the address has an account, only `mailIfKnown`. Replaces an earlier change. Returns
     * false if the password is not the one with this hash any more.
     */
    async requestChange(
      change: { accountId: string; passwordHash: string; email: string; tokenHash: Buffer; expiresAt: Date },
      { mail, mailIfKnown }: { mail: Mail; mailIfKnown: Pick<Mail, 'subject' | 'body'> },
    ): Promise<boolean> {
      const { accountId, passwordHash, email, tokenHash, expiresAt } = change;
      const mails = [mail.id, mailIfKnown.subject, mailIfKnown.body, mail.subject, mail.body];
      const values = [accountId, email, tokenHash, expiresAt, ...mails, passwordHash];
      return (await database.query(REQUEST, values)).length > 0;
    },

    /** Returns false if the account has no such token, or another account has the address by now. */
    async confirmChange(
      { accountId, tokenHash }: { accountId: string; tokenHash: Buffer },
      now: Date,
      { id, subject, body }: Omit<Mail, 'recipient'>,
    ): Promise<boolean> {
      try {
        return (await database.query(CONFIRM, [tokenHash, now, id, subject, body, accountId])).length > 0;
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return false;
        throw error;
      }
    },
  };
}
