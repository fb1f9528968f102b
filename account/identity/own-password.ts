import { invalidCredentials } from '#account/identity/errors.ts';
import { isPassword } from '#account/identity/password.ts';
import type { Credential, IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import type { Call } from '#platform/call.ts';

/**
 * Returns the credential of the caller's account if the password is right. Counts the attempt: forget it once the work that
 * needs the password is done. Throws INVALID_CREDENTIALS, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function requireOwnPassword(
  { store, throttle }: { store: Pick<IdentityStore, 'credentialOf'>; throttle: Pick<Throttle, 'count'> },
  accountId: string,
  { field, password }: { field: string; password: string },
  call: Call,
): Promise<Credential> {
  const credential = await store.credentialOf(accountId);
  if (!credential) throw invalidCredentials(field);
  await throttle.count('password', credential.email);
  if (!(await isPassword(password, credential.passwordHash, call))) throw invalidCredentials(field);
  return credential;
}
