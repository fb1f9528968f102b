import type { Database, Statement } from '#platform/postgres/pool.ts';

/** The SQL statements of e-mails that wait for the mail server. They are inserted with what they are about (store.ts). */

export interface Mail {
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}

export interface QueuedMail extends Mail {
  /** How often it was taken, this time included. */
  readonly attempts: number;
}

/** Delays between attempts: one minute, two and so on up to an hour. The first delay is longer than an attempt takes. */
const RETRY_S_MIN = 60;
const RETRY_S_MAX = 3_600;

/** Postpones the mails that it returns, so that other processes do not send them too. */
const TAKE: Statement = {
  name: 'take_mails',
  text: `
    UPDATE mail SET attempts = attempts + 1,
      next_attempt_at = $1::timestamptz + least(${RETRY_S_MAX}, ${RETRY_S_MIN} * 2 ^ least(20, attempts)) * interval '1 second'
    WHERE id = ANY(ARRAY(
      SELECT id FROM mail WHERE next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING id, recipient, subject, body, attempts`,
};
const DELETE: Statement = { name: 'delete_mail', text: 'DELETE FROM mail WHERE id = $1' };

export type MailStore = ReturnType<typeof createMailStore>;

export function createMailStore(database: Database) {
  return {
    /** Returns at most `max` mails whose time has come. A mail that is not deleted is returned again later. */
    take: (now: Date, max: number): Promise<QueuedMail[]> => database.query<QueuedMail>(TAKE, [now, max]),

    async remove(id: string): Promise<void> {
      await database.query(DELETE, [id]);
    },
  };
}
