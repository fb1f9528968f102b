/**
 * The refresh token of a browser in a cookie that scripts cannot read and other sites cannot send (RFC 6265bis). The prefix
 * `__Host-` binds it to the host and to HTTPS.
 */
const NAME = '__Host-refresh';
/** As long as a session without a refresh (account/identity/session.ts). */
const MAX_AGE_S = 30 * 86_400;
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';
const TOKEN = /^[\w-]{1,200}$/;

/** The refresh token in a Cookie header; empty if there is none. */
export function refreshTokenOf(header: string | undefined): string {
  const cookies = header?.split(';').map((cookie) => cookie.trim()) ?? [];
  const value = cookies.find((cookie) => cookie.startsWith(`${NAME}=`))?.slice(NAME.length + 1) ?? '';
  return TOKEN.test(value) ? value : '';
}

/** The value of Set-Cookie that stores a refresh token, or removes it if the token is empty. */
export function refreshCookie(token: string): string {
  return `${NAME}=${token}; Max-Age=${token === '' ? 0 : MAX_AGE_S}; ${ATTRIBUTES}`;
}
