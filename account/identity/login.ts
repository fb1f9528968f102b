import { requireEmail } from '#account/identity/email.ts';
import { invalidCredentials } from '#account/identity/errors.ts';
import { isOutdated } from '#account/identity/password-hash.ts';
import { hashPassword, isPassword } from '#account/identity/password.ts';
import { newSession, type TokenDeps, type Tokens } from '#account/identity/session.ts';
import type { SessionStore } from '#account/identity/session-store.ts';
import type { Credential, IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import type { Call } from '#platform/call.ts';

/**
 * Creates a session. An unknown e-mail address and a wrong password have the same answer and take the same time. Throws
 * INVALID_ARGUMENT, INVALID_CREDENTIALS, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function login(
  deps: TokenDeps & {
    store: Pick<IdentityStore, 'credentialByEmail' | 'credentialOf' | 'rehash'>;
    sessions: Pick<SessionStore, 'createSession'>;
    throttle: Pick<Throttle, 'count' | 'forget'>;
  },
  input: { email: string; password: string },
  call: Call,
): Promise<Tokens> {
  const { store, sessions, throttle } = deps;
  const email = requireEmail('email', input.email);
  await throttle.count('password', email);
  const credential = await store.credentialByEmail(email);
  const isRight = await isPassword(input.password, credential?.passwordHash, call);
  if (!credential || !isRight) throw invalidCredentials('password');
  const { accountId, passwordHash } = credential;
  const current = isOutdated(passwordHash)
    ? await strengthen(store, credential, input.password, call)
    : passwordHash;
  const { session, tokens } = newSession(deps, accountId);
  // The password may have been changed since it was read.
  if (!(await sessions.createSession(session, current))) throw invalidCredentials('password');
  await throttle.forget('password', email);
  return tokens();
}

/** Replaces a hash by a stronger one. Returns the hash that is stored, which a sign-in at the same time may have replaced. */
async function strengthen(
  store: Pick<IdentityStore, 'credentialOf' | 'rehash'>,
  { accountId, passwordHash }: Credential,
  password: string,
  call: Call,
): Promise<string> {
  const stronger = await hashPassword(password, call);
  if (await store.rehash(accountId, passwordHash, stronger)) return stronger;
  const stored = await store.credentialOf(accountId);
  if (stored && (await isPassword(password, stored.passwordHash, call))) return stored.passwordHash;
  throw invalidCredentials('password');
}
