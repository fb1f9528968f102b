import { accountEvent } from '#account/events.ts';
import { invalidCredentials } from '#account/identity/errors.ts';
import { requireOwnPassword } from '#account/identity/own-password.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import { requireSession } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

/** The name of accounts whose owner has deleted them. */
const ERASED_NAME = 'Deleted account';

/**
 * Erases the personal data of the caller's account and ends its sessions. The account itself stays, because its orders
 * refer to it. Throws INVALID_CREDENTIALS, UNAUTHENTICATED, RESOURCE_EXHAUSTED, TOO_MANY_ATTEMPTS.
 */
export async function deleteAccount(
  deps: {
    store: Pick<IdentityStore, 'credentialOf' | 'erase'>;
    throttle: Pick<Throttle, 'count' | 'forget'>;
    clock: Clock;
  },
  input: { password: string },
  call: Call,
): Promise<void> {
  const { store, throttle, clock } = deps;
  const { accountId } = requireSession(call);
  const own = { field: 'password', password: input.password };
  const credential = await requireOwnPassword(deps, accountId, own, call);
  const at = new Date(clock.now());
  const eventId = clock.newId();
  const erased = await store.erase(credential, ERASED_NAME, (account) =>
    accountEvent(eventId, 'account_deleted', account, at, call),
  );
  if (!erased) throw invalidCredentials('password');
  await throttle.forget('password', credential.email);
}
