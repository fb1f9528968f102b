import { createTransport } from 'nodemailer';
import type { Mail, MailStore } from '#account/identity/mail-store.ts';
import type { Clock } from '#platform/clock.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';

/** Sends an e-mail. Rejects if the mail server has not accepted it. */
export type SendMail = (mail: Mail) => Promise<void>;

const BATCH_MAX = 20;
const IDLE_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** A mail is dropped after this number of attempts, which take about a day. */
const ATTEMPTS_MAX = 32;

/** Mails to a mail server (smtp:, smtps:), or to the log (log:). */
export function createMailer(url: string, sender: string, logger: Logger): SendMail {
  if (new URL(url).protocol === 'log:') {
    return async ({ recipient, subject, body }) =>
      logger.info({ recipient, subject, body }, 'e-mail (set MAIL_URL to send it)');
  }
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  const transport = createTransport({ url, ...timeouts });
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
  return repeat(IDLE_MS, logger, 'sending e-mails', async () => {
    const taken = await mails.take(new Date(clock.now()), BATCH_MAX);
    for (const { attempts, ...mail } of taken) {
      try {
        // A mail without a recipient is there only for the time that it takes to store it.
        if (mail.recipient !== '') await send(mail);
      } catch (error) {
        // The recipient and the text are personal data.
        logger.warn({ err: error, mail_id: mail.id, attempts }, 'an e-mail was not sent');
        if (attempts < ATTEMPTS_MAX) continue;
      }
      await mails.remove(mail.id);
    }
    return taken.length === BATCH_MAX;
  });
}
