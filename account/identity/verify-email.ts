import type { Account } from '#account/account.ts';
import { accountEvent } from '#account/events.ts';
import { invalidCredentials, invalidToken } from '#account/identity/errors.ts';
import { isPassword } from '#account/identity/password.ts';
import { mailTokenHash } from '#account/identity/refresh-token.ts';
import { newSession, type TokenDeps, type Tokens } from '#account/identity/session.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import type { Call } from '#platform/call.ts';

/**
 * Creates the account of a sign-up and signs in. Requires the password too: whoever owns the address may not be who signed
 * up with it. Throws INVALID_TOKEN, INVALID_CREDENTIALS, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function verifyEmail(
  deps: TokenDeps & {
    store: Pick<IdentityStore, 'pendingSignUp' | 'createAccount'>;
    throttle: Pick<Throttle, 'count' | 'forget'>;
  },
  { token, password }: { token: string; password: string },
  call: Call,
): Promise<Tokens> {
  const { store, throttle, clock } = deps;
  const tokenHash = mailTokenHash(token);
  const createdAt = new Date(clock.now());
  const pending = await store.pendingSignUp(tokenHash, createdAt);
  if (!pending) throw invalidToken('token');
  const { email, name, passwordHash } = pending;
  await throttle.count('password', email);
  if (!(await isPassword(password, passwordHash, call))) throw invalidCredentials('password');
  const account: Account = { id: clock.newId(), name, createdAt, version: 1n };
  const event = accountEvent(clock.newId(), 'account_created', account, createdAt, call);
  const { session, tokens } = newSession(deps, account.id);
  if (!(await store.createAccount(tokenHash, { account, event, passwordHash, session })))
    throw invalidToken('token');
  await throttle.forget('password', email);
  return tokens();
}
