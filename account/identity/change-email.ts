import { requireEmail } from '#account/identity/email.ts';
import { invalidCredentials, invalidToken } from '#account/identity/errors.ts';
import {
  changedAddressMail,
  EMAIL_CHANGE_LIFETIME_HOURS,
  emailChangeMail,
  knownAddressMail,
  toMail,
} from '#account/identity/mails.ts';
import { requireOwnPassword } from '#account/identity/own-password.ts';
import { mailTokenHash, newMailToken } from '#account/identity/refresh-token.ts';
import type { EmailStore } from '#account/identity/email-store.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import { requireSession } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

/**
 * Sends a token to a new e-mail address of the caller's account. The answer is the same if the address has an account.
 * Throws INVALID_ARGUMENT, INVALID_CREDENTIALS, UNAUTHENTICATED, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function requestEmailChange(
  deps: {
    store: Pick<IdentityStore, 'credentialOf'>;
    emails: Pick<EmailStore, 'requestChange'>;
    throttle: Pick<Throttle, 'count' | 'forget'>;
    clock: Clock;
    shopUrl: string;
  },
  input: { email: string; password: string },
  call: Call,
): Promise<void> {
  const { emails, throttle, clock, shopUrl } = deps;
  const { accountId } = requireSession(call);
  const email = requireEmail('email', input.email);
  const own = { field: 'password', password: input.password };
  const credential = await requireOwnPassword(deps, accountId, own, call);
  await throttle.forget('password', credential.email);
  // Each attempt sends an e-mail.
  await throttle.count('email-change', accountId);
  const { text, hash: tokenHash } = newMailToken();
  const expiresAt = new Date(clock.now() + EMAIL_CHANGE_LIFETIME_HOURS * 3_600_000);
  const { passwordHash } = credential;
  const isStored = await emails.requestChange(
    { accountId, passwordHash, email, tokenHash, expiresAt },
    {
      mail: toMail(clock.newId(), email, emailChangeMail(shopUrl, text)),
      mailIfKnown: knownAddressMail(shopUrl),
    },
  );
  if (!isStored) throw invalidCredentials('password');
}

/**
 * Sets the new e-mail address of the caller's account, and tells the old address. Requires the session, too: whoever owns
 * the address may not be who requested the change. Throws INVALID_TOKEN, UNAUTHENTICATED.
 */
export async function confirmEmailChange(
  { emails, clock }: { emails: Pick<EmailStore, 'confirmChange'>; clock: Clock },
  input: { token: string },
  call: Call,
): Promise<void> {
  const { accountId } = requireSession(call);
  const token = { accountId, tokenHash: mailTokenHash(input.token) };
  const mail = { id: clock.newId(), ...changedAddressMail() };
  if (!(await emails.confirmChange(token, new Date(clock.now()), mail))) throw invalidToken('token');
}
