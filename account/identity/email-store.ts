import type { Mail } from '#account/identity/mail-store.ts';
import { sqlState, type Database, type Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of changes of e-mail addresses. */

const UNIQUE_VIOLATION = '23505';

/** One statement for known and unknown addresses, so that they take the same time. */
const REQUEST: Statement = {
  name: 'request_email_change',
  text: `
    WITH known AS (SELECT FROM credential WHERE email = $2),
    change AS (
      INSERT INTO email_change (account_id, email, token_hash, expires_at)
      SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM known)
      ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, token_hash = excluded.token_hash,
        expires_at = excluded.expires_at
    )
    INSERT INTO mail (id, recipient, subject, body)
    SELECT $5::uuid, $2, CASE WHEN is_known THEN $6 ELSE $8 END, CASE WHEN is_known THEN $7 ELSE $9 END
    FROM (SELECT EXISTS (SELECT FROM known) AS is_known) AS found`,
};
/** The mail goes to the old address. */
const CONFIRM: Statement = {
  name: 'confirm_email_change',
  text: `
    WITH change AS (DELETE FROM email_change WHERE token_hash = $1 AND expires_at > $2 RETURNING account_id, email),
    old AS (SELECT credential.account_id, credential.email FROM credential JOIN change USING (account_id)),
    told AS (INSERT INTO mail (id, recipient, subject, body) SELECT $3::uuid, email, $4, $5 FROM old)
    UPDATE credential SET email = change.email FROM change WHERE credential.account_id = change.account_id
    RETURNING credential.account_id`,
};

export type EmailStore = ReturnType<typeof createEmailStore>;

export function createEmailStore(database: Database) {
  return {
    /** Stores a change and `mail`; if the address has an account, only `mailIfKnown`. Replaces an earlier change. */
    async requestChange(
      change: { accountId: string; email: string; tokenHash: Buffer; expiresAt: Date },
      { mail, mailIfKnown }: { mail: Mail; mailIfKnown: Pick<Mail, 'subject' | 'body'> },
    ): Promise<void> {
      const { accountId, email, tokenHash, expiresAt } = change;
      const mails = [mail.id, mailIfKnown.subject, mailIfKnown.body, mail.subject, mail.body];
      await database.query(REQUEST, [accountId, email, tokenHash, expiresAt, ...mails]);
    },

    /** Returns false if the token is not valid, or another account has the address by now. */
    async confirmChange(
      tokenHash: Buffer,
      now: Date,
      { id, subject, body }: Omit<Mail, 'recipient'>,
    ): Promise<boolean> {
      try {
        return (await database.query(CONFIRM, [tokenHash, now, id, subject, body])).length > 0;
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return false;
        throw error;
      }
    },
  };
}
