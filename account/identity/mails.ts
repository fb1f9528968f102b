import type { Mail } from '#account/identity/mail-store.ts';

/** The texts of e-mails. A name or another text of a stranger is not part of them, because it could be an advertisement. */

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

export const VERIFY_LIFETIME_HOURS = 24;
export const RESET_LIFETIME_MINUTES = 30;
export const EMAIL_CHANGE_LIFETIME_HOURS = 24;

export function toMail(id: string, recipient: string, { subject, body }: MailText): Mail {
  return { id, recipient, subject, body };
}

export function verificationMail(shopUrl: string, token: string): MailText {
  return {
    subject: 'Confirm your e-mail address',
    body: [
      'Somebody, probably you, has signed up with this e-mail address.',
      `Open this page within ${VERIFY_LIFETIME_HOURS} hours to confirm it:`,
      `${shopUrl}/verify-email?token=${token}`,
      'If it was not you, ignore this e-mail: no account is created.',
    ].join('\n\n'),
  };
}

export function knownAddressMail(shopUrl: string): MailText {
  return {
    subject: 'You already have an account',
    body: [
      'Somebody, probably you, has signed up with this e-mail address, but it has an account already.',
      `Sign in, or choose a new password if you have forgotten yours: ${shopUrl}/reset-password`,
      'If it was not you, ignore this e-mail: nothing has changed.',
    ].join('\n\n'),
  };
}

export function resetMail(shopUrl: string, token: string): MailText {
  return {
    subject: 'Choose a new password',
    body: [
      'Somebody, probably you, has requested a new password for your account.',
      `Open this page within ${RESET_LIFETIME_MINUTES} minutes to choose it:`,
      `${shopUrl}/reset-password?token=${token}`,
      'If it was not you, ignore this e-mail: your password is unchanged.',
    ].join('\n\n'),
  };
}

export function emailChangeMail(shopUrl: string, token: string): MailText {
  return {
    subject: 'Confirm your new e-mail address',
    body: [
      'Somebody, probably you, wants to use this e-mail address for an account.',
      `Open this page within ${EMAIL_CHANGE_LIFETIME_HOURS} hours to confirm it:`,
      `${shopUrl}/change-email?token=${token}`,
      'If it was not you, ignore this e-mail: nothing changes.',
    ].join('\n\n'),
  };
}

/** For the old address. */
export function changedAddressMail(): MailText {
  return {
    subject: 'Your e-mail address was changed',
    body: 'Your account has another e-mail address now. If it was not you, contact the shop at once.',
  };
}
