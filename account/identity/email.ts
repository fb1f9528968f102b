import { invalid } from '#platform/errors.ts';

/** The maximum length of a path in SMTP (RFC 5321, section 4.5.3.1.3) without its brackets. */
const EMAIL_LENGTH_MAX = 254;
/** One @, no spaces and no control characters; only the mail server knows whether an address exists. */
const EMAIL = /^[^\s@\p{C}"(),:;<>[\\\]]{1,64}@[^\s@\p{C}"(),:;<>[\\\]]+\.[^\s@\p{C}"(),:;<>[\\\].]+$/u;

/** Returns an e-mail address in the form in which addresses are compared: trimmed, NFC, lower case. */
export function requireEmail(field: string, value: string): string {
  const email = value.trim().normalize('NFC').toLowerCase();
  if (email.length > EMAIL_LENGTH_MAX || !email.isWellFormed() || !EMAIL.test(email))
    throw invalid(field, `must be an e-mail address of at most ${EMAIL_LENGTH_MAX} characters`);
  return email;
}
