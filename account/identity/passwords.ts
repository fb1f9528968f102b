import { requireEmail } from '#account/identity/email.ts';
import { invalidCredentials, invalidToken } from '#account/identity/errors.ts';
import { RESET_LIFETIME_MINUTES, resetMail, toMail } from '#account/identity/mails.ts';
import { requireOwnPassword } from '#account/identity/own-password.ts';
import { hashPassword, requireNewPassword } from '#account/identity/password.ts';
import { mailTokenHash, newMailToken } from '#account/identity/refresh-token.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import { requireSession } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

interface Deps {
  readonly store: IdentityStore;
  readonly throttle: Throttle;
  readonly clock: Clock;
  readonly shopUrl: string;
}

/**
 * Changes the password of the caller and revokes the caller's other sessions. Throws INVALID_ARGUMENT,
 * INVALID_CREDENTIALS, UNAUTHENTICATED, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function changePassword(
  { store, throttle, clock }: Deps,
  input: { currentPassword: string; newPassword: string },
  call: Call,
): Promise<void> {
  const { accountId, sessionId } = requireSession(call);
  const newPassword = requireNewPassword('newPassword', input.newPassword);
  const own = { field: 'currentPassword', password: input.currentPassword };
  const credential = await requireOwnPassword({ store, throttle }, accountId, own, call);
  const passwordHash = await hashPassword(newPassword, call);
  const change = { from: credential.passwordHash, to: passwordHash };
  const changed = await store.setPassword(accountId, change, {
    now: new Date(clock.now()),
    except: sessionId,
  });
  if (!changed) throw invalidCredentials('currentPassword');
  await throttle.forget('password', credential.email);
}

/**
 * Sends a token to an e-mail address if it has an account. The answer and its time are the same if it has none. Throws
 * INVALID_ARGUMENT, TOO_MANY_ATTEMPTS.
 */
export async function requestPasswordReset(
  { store, throttle, clock, shopUrl }: Deps,
  input: { email: string },
): Promise<void> {
  const email = requireEmail('email', input.email);
  await throttle.count('reset', email);
  const { text, hash: tokenHash } = newMailToken();
  const expiresAt = new Date(clock.now() + RESET_LIFETIME_MINUTES * 60_000);
  await store.requestReset(
    { email, tokenHash, expiresAt },
    toMail(clock.newId(), email, resetMail(shopUrl, text)),
  );
}

/**
 * Sets the password of the account of a token and revokes all its sessions. Throws INVALID_ARGUMENT, INVALID_TOKEN,
 * RESOURCE_EXHAUSTED.
 */
export async function resetPassword(
  { store, throttle, clock }: Deps,
  input: { token: string; newPassword: string },
  call: Call,
): Promise<void> {
  const newPassword = requireNewPassword('newPassword', input.newPassword);
  const tokenHash = mailTokenHash(input.token);
  const now = new Date(clock.now());
  if (!(await store.hasReset(tokenHash, now))) throw invalidToken('token');
  const email = await store.resetPassword(tokenHash, await hashPassword(newPassword, call), now);
  if (email === undefined) throw invalidToken('token');
  await throttle.forget('password', email);
}
