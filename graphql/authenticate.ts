import { refusalResponse, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import { bearerToken, type TokenVerifier } from '#platform/auth/verify-token.ts';
import { AppError } from '#platform/errors.ts';
import type { Principal } from '#platform/principal.ts';

/**
 * Sets the principal of a request from its access token (RFC 6750). Without an Authorization header the caller is
 * anonymous. Returns the response to a request whose token is not accepted; undefined if the request may continue.
 */
export function authenticate(
  tokens: TokenVerifier,
  request: HttpRequest,
): HttpResponse | undefined | Promise<HttpResponse | undefined> {
  const authorization = request.header('authorization');
  if (authorization === undefined) return undefined;
  const { call } = request;
  const token = bearerToken(authorization);
  if (token === undefined) return refuse('Send the access token as "Authorization: Bearer …".', request);
  const accept = (principal: Principal): undefined => {
    call.authenticate(principal, token);
    return undefined;
  };
  try {
    const verified = tokens.verify(token, call);
    if (!(verified instanceof Promise)) return accept(verified);
    return verified.then(accept, (error: unknown) => refuseError(error, request));
  } catch (error) {
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
