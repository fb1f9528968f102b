import { refusalResponse, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import type { CallerLimits } from '#graphql/caller-limits.ts';
import { bearerToken, unauthenticated, type TokenVerifier } from '#platform/auth/verify-token.ts';
import { AppError } from '#platform/errors.ts';

/**
 * Sets the principal of a request from its access token (RFC 6750). Without an Authorization header the caller is
 * anonymous. Returns the response to a request whose token is not accepted; undefined if the request may continue.
 */
export function authenticate(
  { tokens, limits }: { tokens: TokenVerifier; limits: CallerLimits },
  request: HttpRequest,
): HttpResponse | undefined | Promise<HttpResponse | undefined> {
  const authorization = request.header('authorization');
  if (authorization === undefined) return undefined;
  const { call } = request;
  const token = bearerToken(authorization);
  const known = token === undefined ? undefined : tokens.known(token);
  if (token !== undefined && known) {
    call.authenticate(known, token);
    return undefined;
  }
  // A token that was verified before costs little, and its caller may share the address with others.
  const isSeen = token !== undefined && tokens.isSeen(token);
  return (isSeen ? undefined : limits.refuseTokens(request)) ?? verified(tokens, token, request, limits);
}

async function verified(
  tokens: TokenVerifier,
  token: string | undefined,
  request: HttpRequest,
  limits: CallerLimits,
): Promise<HttpResponse | undefined> {
  const { call } = request;
  try {
    if (token === undefined) throw unauthenticated();
    call.authenticate(await tokens.verify(token, call), token);
    return undefined;
  } catch (error) {
    // Not a failure of a service, which is not the caller's.
    if (error instanceof AppError && error.reason === 'UNAUTHENTICATED') limits.countRefusedToken(request);
    return refuseError(error, request);
  }
}

function refuseError(error: unknown, request: HttpRequest): HttpResponse {
  if (!(error instanceof AppError)) throw error;
  if (error.reason === 'UNAUTHENTICATED') return refuse(error.publicMessage, request);
  const status = error.reason === 'UNAVAILABLE' ? 503 : 500;
  const { reason: code, publicMessage: message } = error;
  return refusalResponse({ status, code, message }, request.call.requestId);
}

function refuse(message: string, { call }: HttpRequest): HttpResponse {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return refusalResponse({ status: 401, code: 'UNAUTHENTICATED', message, headers }, call.requestId);
}
