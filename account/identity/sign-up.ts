import { requireName } from '#account/account.ts';
import { requireEmail } from '#account/identity/email.ts';
import {
  knownAddressMail,
  toMail,
  VERIFY_LIFETIME_HOURS,
  verificationMail,
} from '#account/identity/mails.ts';
import { hashPassword, requireNewPassword } from '#account/identity/password.ts';
import { newMailToken } from '#account/identity/refresh-token.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { requireAll } from '#platform/input.ts';

/**
 * Sends a token to an e-mail address, with which its owner creates an account. The answer and its time are the same if the
 * address has an account. Throws INVALID_ARGUMENT, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function signUp(
  deps: {
    store: Pick<IdentityStore, 'signUp'>;
    throttle: Pick<Throttle, 'count'>;
    clock: Clock;
    shopUrl: string;
  },
  input: { email: string; name: string; password: string },
  call: Call,
): Promise<void> {
  const { store, throttle, clock, shopUrl } = deps;
  const { email, name, password } = requireAll({
    email: () => requireEmail('email', input.email),
    name: () => requireName(input.name),
    password: () => requireNewPassword('password', input.password),
  });
  // Each attempt sends an e-mail.
  await throttle.count('sign-up', email);
  const passwordHash = await hashPassword(password, call);
  const { text, hash: tokenHash } = newMailToken();
  const expiresAt = new Date(clock.now() + VERIFY_LIFETIME_HOURS * 3_600_000);
  await store.signUp(
    { email, name, passwordHash, tokenHash, expiresAt },
    {
      mail: toMail(clock.newId(), email, verificationMail(shopUrl, text)),
      mailIfKnown: knownAddressMail(shopUrl),
    },
  );
}
