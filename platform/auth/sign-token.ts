import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { ALGORITHM, AUDIENCE, ISSUER, TYPE } from '#platform/auth/access-token.ts';
import type { Role } from '#platform/auth/roles.ts';
import type { SigningKeys } from '#platform/auth/signing-keys.ts';

/** What an access token says. */
export interface TokenClaims {
  /** The id of an account, or the name of a program. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Undefined for a program: its token is valid until it expires. */
  readonly sessionId?: string;
}

/** Signs an access token (RFC 9068). `lifetimeS` is in seconds. */
export function signToken(
  { kid, privateKey }: SigningKeys,
  { subject, roles, sessionId }: TokenClaims,
  { nowMs, lifetimeS }: { nowMs: number; lifetimeS: number },
): Promise<string> {
  const nowS = Math.floor(nowMs / 1_000);
  return new SignJWT({ client_id: 'fritzy', roles, ...(sessionId !== undefined && { sid: sessionId }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + lifetimeS)
    .sign(privateKey);
}
