import { domainToASCII } from 'node:url';
import { invalid } from '#platform/errors.ts';

/** The maximum length of a path in SMTP (RFC 5321, section 4.5.3.1.3) without its brackets. */
const EMAIL_LENGTH_MAX = 254;
/** One @, no spaces and no control characters; only the mail server knows whether an address exists. */
const EMAIL = /^[^\s@\p{C}"(),:;<>[\\\]]{1,64}@[^\s@\p{C}"(),:;<>[\\\]]+\.[^\s@\p{C}"(),:;<>[\\\].]+$/u;

/**
 * Returns an e-mail address in the form in which addresses are compared: trimmed, NFC, lower case, with
 * an ASCII domain.
 */
export function requireEmail(field: string, value: string): string {
  const text = value.trim().normalize('NFC').toLowerCase();
  const email = text.length <= EMAIL_LENGTH_MAX && text.isWellFormed() ? withAsciiDomain(text) : '';
  if (email.length > EMAIL_LENGTH_MAX || !EMAIL.test(email))
    throw invalid(field, `must be an e-mail address of at most ${EMAIL_LENGTH_MAX} characters`);
  return email;
}

/** Writes the domain as mail servers do (RFC 5891), so that its other spellings are the same address. */
function withAsciiDomain(email: string): string {
  const at = email.lastIndexOf('@');
  return email.slice(0, at + 1) + domainToASCII(email.slice(at + 1));
}
