import { createHash, randomBytes } from 'node:crypto';

/**
 * Opaque tokens. A refresh token has the id of its session, a part that all tokens of the session have and a part of its
 * own. A token with the right first part and a wrong second one was valid before: its use means that it was stolen.
 */
export interface RefreshToken {
  readonly sessionId: string;
  /** SHA-256. */
  readonly familyHash: Buffer;
  /** SHA-256. */
  readonly tokenHash: Buffer;
}

const ID_BYTES = 16;
const SECRET_BYTES = 32;
const BYTES = ID_BYTES + 2 * SECRET_BYTES;
const LENGTH = Math.ceil((BYTES * 4) / 3);

/** Creates the first token of a session. */
export function newRefreshToken(sessionId: string): { text: string; token: RefreshToken } {
  return toToken(Buffer.concat([idBytes(sessionId), randomBytes(2 * SECRET_BYTES)]));
}

/** Creates the token that replaces a token of the same session. */
export function nextRefreshToken(text: string): { text: string; token: RefreshToken } {
  const before = Buffer.from(text, 'base64url');
  return toToken(Buffer.concat([before.subarray(0, BYTES - SECRET_BYTES), randomBytes(SECRET_BYTES)]));
}

/** Returns undefined if the text is not a token. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  if (text.length !== LENGTH) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === BYTES && bytes.toString('base64url') === text ? toToken(bytes).token : undefined;
}

function toToken(bytes: Buffer): { text: string; token: RefreshToken } {
  const family = bytes.subarray(ID_BYTES, ID_BYTES + SECRET_BYTES);
  const own = bytes.subarray(ID_BYTES + SECRET_BYTES);
  return {
    text: bytes.toString('base64url'),
    token: {
      sessionId: toId(bytes.subarray(0, ID_BYTES)),
      familyHash: sha256(family),
      tokenHash: sha256(own),
    },
  };
}

/** Creates a token for an e-mail: 43 characters. */
export function newMailToken(): { text: string; hash: Buffer } {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  return { text, hash: mailTokenHash(text) };
}

export function mailTokenHash(text: string): Buffer {
  return sha256(Buffer.from(text));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function toId(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
