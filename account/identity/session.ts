import { newRefreshToken } from '#account/identity/refresh-token.ts';
import type { NewSession } from '#account/identity/session-store.ts';
import { LIFETIME_S } from '#platform/auth/access-token.ts';
import { signToken } from '#platform/auth/sign-token.ts';
import type { SigningKeys } from '#platform/auth/signing-keys.ts';
import type { Clock } from '#platform/clock.ts';

const DAY_MS = 86_400_000;
/** A session ends if it is not refreshed for this time. */
export const IDLE_MS_MAX = 30 * DAY_MS;
/** A session ends after this time in any case. */
const LIFETIME_MS_MAX = 90 * DAY_MS;
const ROLES = ['customer'] as const;

/** The tokens of a session, for its owner. */
export interface Tokens {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly accountId: string;
}

export interface TokenDeps {
  readonly clock: Clock;
  readonly keys: () => SigningKeys;
}

/** A session to store, and a function that returns its tokens once it is stored. */
export function newSession(
  deps: TokenDeps,
  accountId: string,
): { session: NewSession; tokens: () => Promise<Tokens> } {
  const { clock } = deps;
  const sessionId = clock.newId();
  const { text, token } = newRefreshToken(sessionId);
  const createdAt = new Date(clock.now());
  const expiresAt = new Date(clock.now() + LIFETIME_MS_MAX);
  return {
    session: { accountId, token, createdAt, expiresAt },
    tokens: () => tokensOf(deps, { accountId, sessionId, refreshToken: text }),
  };
}

/** Signs an access token for a stored session. */
export async function tokensOf(
  { clock, keys }: TokenDeps,
  session: { accountId: string; sessionId: string; refreshToken: string },
): Promise<Tokens> {
  const { accountId, sessionId, refreshToken } = session;
  const claims = { subject: accountId, roles: ROLES, sessionId };
  const accessToken = await signToken(keys(), claims, { nowMs: clock.now(), lifetimeS: LIFETIME_S });
  return { accessToken, expiresIn: LIFETIME_S, refreshToken, accountId };
}
