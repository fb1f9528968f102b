import { createTransport } from 'nodemailer';
import type { Mail, MailStore, QueuedMail } from '#account/identity/mail-store.ts';
import type { Clock } from '#platform/clock.ts';
import { repeat, within } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

/** Sends an e-mail. Rejects if the mail server has not accepted it. */
export type SendMail = (mail: Mail) => Promise<void>;

const BATCH_MAX = 20;
const IDLE_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** Less than the shortest delay between attempts (mail-store.ts). */
const ATTEMPT_MS_MAX = 30_000;
const CONNECTIONS_MAX = 5;
/** A mail is dropped after this number of attempts, which take about a day. */
const ATTEMPTS_MAX = 30;

/** Mails to a mail server (smtp:, smtps:), or to the log (log:). */
export function createMailer(url: string, sender: string, logger: Logger): SendMail {
  if (new URL(url).protocol === 'log:') {
    return async ({ recipient, subject, body }) =>
      logger.info({ recipient, subject, body }, 'e-mail (set MAIL_URL to send it)');
  }
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  const transport = createTransport({ url, pool: true, maxConnections: CONNECTIONS_MAX, ...timeouts });
  return async ({ id, recipient, subject, body }) => {
    // An address is a structure, so that its characters cannot add a recipient or a header.
    await transport.sendMail({
      from: sender,
      to: { name: '', address: recipient },
      subject,
      text: body,
      messageId: `<${id}@${sender.split('@').at(-1)?.replace('>', '') ?? 'localhost'}>`,
    });
  };
}

/** Sends waiting mails until disposal. A mail can be sent twice if the process dies, but never be lost. */
export function sendMails(
  deps: { readonly mails: MailStore; readonly clock: Clock; readonly logger: Logger },
  send: SendMail,
): AsyncDisposable {
  const { mails, clock, logger } = deps;
  async function attempt({ attempts, ...mail }: QueuedMail): Promise<void> {
    try {
      // A mail without a recipient is there only for the time that it takes to store it.
      if (mail.recipient !== '') await within(send(mail), { ms: ATTEMPT_MS_MAX });
    } catch (error) {
      // The recipient and the text, which are also in the error, are personal data.
      const { code, responseCode, command } = Object(error) as Record<string, unknown>;
      const problem = { code, response_code: responseCode, command };
      logger.warn({ mail_id: mail.id, attempts, ...problem }, 'an e-mail was not sent');
      if (attempts < ATTEMPTS_MAX) return;
    }
    await mails.remove(mail.id);
  }

  return repeat(IDLE_MS, logger, 'sending e-mails', async () => {
    const taken = await mails.take(new Date(clock.now()), BATCH_MAX);
    await Promise.all(taken.map(attempt));
    return taken.length === BATCH_MAX;
  });
}
