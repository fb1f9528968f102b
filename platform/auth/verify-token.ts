import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { ALGORITHM, AUDIENCE, ISSUER, TOKEN_LENGTH_MAX, TYPE } from '#platform/auth/access-token.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { sharePublicReads } from '#platform/group.ts';
import { Principal } from '#platform/principal.ts';

/** Verifies access tokens. */
export interface TokenVerifier {
  /** The principal of a token that was verified within the last second; undefined for any other. */
  known(token: string): Principal | undefined;
  /** Whether the token was verified before; its session may have ended since. */
  isSeen(token: string): boolean;
  /** Returns the principal of a token. Throws UNAUTHENTICATED. */
  verify(token: string, call: Call): Promise<Principal>;
}

export interface TokenIssuer {
  /** Returns the public keys. */
  keySet(call: Call): Promise<JSONWebKeySet>;
  /** Whether a session is neither revoked nor expired. */
  isActive(sessionId: string, call: Call): Promise<boolean>;
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

interface Verified {
  readonly principal: Principal;
  /** Undefined for the token of a program. */
  readonly sessionId: string | undefined;
  readonly expiresAtMs: number;
  /** When the session was last known to be active (Clock.elapsedMs). */
  checkedMs: number;
}

/** A revoked session ends within this time, plus the time of the check. */
const CHECK_MS = 1_000;
/** A token with an unknown key causes at most one request for the keys in this time. */
const REFETCH_MS = 30_000;
const VERIFIED_MAX = 20_000;
/** Three parts in canonical base64url. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function createTokenVerifier(issuer: TokenIssuer, clock: Clock): TokenVerifier {
  const verified = new LRUCache<string, Verified>({ max: VERIFIED_MAX });
  const fetchKeySet = sharePublicReads<'', JSONWebKeySet>(
    () => '',
    (_, call) => issuer.keySet(call),
  );
  const isActive = sharePublicReads<string, boolean>(
    (id) => id,
    (id, call) => issuer.isActive(id, call),
  );
  let current: FindKey | undefined;
  let fetching: Promise<FindKey> | undefined;
  let fetchedMs = Number.NEGATIVE_INFINITY;

  /** Requests the keys. Concurrent callers share the request. */
  function fetchKeys(call: Call): Promise<FindKey> {
    fetching ??= fetchKeySet('', call)
      .then((keySet) => {
        fetchedMs = clock.elapsedMs();
        return (current = createLocalJWKSet(keySet));
      })
      .finally(() => (fetching = undefined));
    return fetching;
  }

  async function payloadOf(token: string, call: Call): Promise<JWTPayload> {
    const keys = current ?? (await fetchKeys(call));
    try {
      return await verifiedPayload(token, keys, clock);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw refusalOf(error);
    }
    // The key may be new.
    const isDue = current === keys && clock.elapsedMs() - fetchedMs >= REFETCH_MS;
    const newer = isDue ? await fetchKeys(call) : current;
    return verifiedPayload(token, newer ?? keys, clock).catch((error: unknown) => {
      throw refusalOf(error);
    });
  }

  async function verifyNow(token: string, known: Verified | undefined, call: Call): Promise<Principal> {
    const checkedMs = clock.elapsedMs();
    const found = known ?? toVerified(await payloadOf(token, call), checkedMs);
    if (found.sessionId !== undefined && !(await isActive(found.sessionId, call))) {
      verified.delete(token);
      throw unauthenticated();
    }
    found.checkedMs = checkedMs;
    verified.set(token, found);
    return found.principal;
  }

  return {
    known(token) {
      const found = verified.get(token);
      if (!found || found.expiresAtMs <= clock.now()) return undefined;
      return clock.elapsedMs() - found.checkedMs < CHECK_MS ? found.principal : undefined;
    },
    isSeen: (token) => verified.has(token),
    async verify(token, call) {
      const found = verified.get(token);
      if (found && found.expiresAtMs <= clock.now()) {
        verified.delete(token);
        throw unauthenticated();
      }
      if (!found && !isCanonical(token)) throw unauthenticated();
      return verifyNow(token, found, call);
    },
  };
}

async function verifiedPayload(token: string, keys: FindKey, clock: Clock): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: TYPE,
    requiredClaims: ['sub', 'jti', 'iat', 'exp'],
    currentDate: new Date(clock.now()),
  });
  return payload;
}

/** UNAUTHENTICATED for a defect of the token, other errors unchanged. */
function refusalOf(error: unknown): unknown {
  return error instanceof errors.JOSEError ? unauthenticated() : error;
}

/** Throws UNAUTHENTICATED if a claim has a wrong type. */
function toVerified(payload: JWTPayload, checkedMs: number): Verified {
  const { sub, sid, roles, exp } = payload;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (!isText(sub) || (sid !== undefined && !isText(sid)) || typeof exp !== 'number') throw unauthenticated();
  if (!Array.isArray(roles) || !roles.every(isText)) throw unauthenticated();
  const principal = Principal.of({
    subject: sub,
    roles,
    scopes: [],
    sessionId: sid,
    tenantRegion: undefined,
  });
  return { principal, sessionId: sid, expiresAtMs: exp * 1_000, checkedMs };
}

/** The token of an Authorization header (RFC 6750, section 2.1), undefined if it has another scheme. */
export function bearerToken(authorization: string): string | undefined {
  return /^Bearer ([^ ]+)$/i.exec(authorization)?.[1];
}

/** Only one spelling of a token is accepted, so that the cache has it once. */
function isCanonical(token: string): boolean {
  if (token.length > TOKEN_LENGTH_MAX || !JWT.test(token)) return false;
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

export function unauthenticated(): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    'The access token is missing, invalid or expired. Sign in again, or refresh the token.',
  );
}

/** The account of the caller and the session in which it is signed in. Throws UNAUTHENTICATED for others. */
export function requireSession({ principal }: Call): { accountId: string; sessionId: string } {
  const { subject, sessionId } = principal.identity ?? {};
  if (subject === undefined || sessionId === undefined) throw unauthenticated();
  return { accountId: subject, sessionId };
}
