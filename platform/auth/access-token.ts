/** The properties of access tokens: JWTs of RFC 9068, which the account service signs and everybody verifies. */

export const ALGORITHM = 'RS256';
export const TYPE = 'at+jwt';
export const ISSUER = 'urn:fritzy';
export const AUDIENCE = 'urn:fritzy:api';
/** Seconds. */
export const LIFETIME_S = 600;
/** Characters. Ours have about 700. */
export const TOKEN_LENGTH_MAX = 4_096;
