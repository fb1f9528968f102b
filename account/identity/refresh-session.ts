import { invalidToken } from '#account/identity/errors.ts';
import { nextRefreshToken, parseRefreshToken } from '#account/identity/refresh-token.ts';
import { IDLE_MS_MAX, tokensOf, type TokenDeps, type Tokens } from '#account/identity/session.ts';
import type { SessionStore } from '#account/identity/session-store.ts';
import type { Logger } from '#platform/logger.ts';

/** Replaces the tokens of a session. A refresh token that was replaced before revokes its session. Throws INVALID_TOKEN. */
export async function refreshSession(
  deps: TokenDeps & { sessions: Pick<SessionStore, 'rotate' | 'revokeReused'>; logger: Logger },
  input: { refreshToken: string },
): Promise<Tokens> {
  const { sessions, clock, logger } = deps;
  const token = parseRefreshToken(input.refreshToken);
  if (!token) throw invalidToken('refreshToken');
  const now = new Date(clock.now());
  const refreshedAfter = new Date(clock.now() - IDLE_MS_MAX);
  const { sessionId } = token;
  const next = nextRefreshToken(input.refreshToken);
  const accountId = await sessions.rotate(token, next.token.tokenHash, { now, refreshedAfter });
  if (accountId !== undefined) return tokensOf(deps, { accountId, sessionId, refreshToken: next.text });
  const revoked = await sessions.revokeReused(token, now);
  if (revoked !== undefined)
    logger.warn(
      { account_id: revoked, session_id: sessionId },
      'a refresh token was used twice; its session is revoked',
    );
  throw invalidToken('refreshToken');
}
