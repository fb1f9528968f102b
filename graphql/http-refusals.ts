import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '#graphql/error-codes.ts';
import type { HttpRefusal } from '#graphql/http.ts';

/** Bytes. An order of 100 items has 8 kB. */
export const BODY_SIZE_MAX = 1_048_576;

export const TOO_MANY = refusal(
  503,
  'RESOURCE_EXHAUSTED',
  'Too many requests are in progress. Try again in a moment.',
);
export const NO_ROOM = refusal(
  503,
  'RESOURCE_EXHAUSTED',
  'The bodies of the requests in progress take too much memory. Try again in a moment.',
);
export const TOO_LATE = refusal(408, 'DEADLINE_EXCEEDED', 'The request was not received in time.');
export const TOO_LARGE = refusal(413, 'BODY_TOO_LARGE', `The body is larger than ${BODY_SIZE_MAX} bytes.`);
export const EXPECTATION = refusal(
  417,
  'EXPECTATION_FAILED',
  'The only supported expectation is 100-continue.',
);
const NO_HOST = refusal(400, 'BAD_REQUEST', 'An HTTP/1.1 request must have a Host header.');
/** RFC 9110, section 7.4: the request is for an origin that this server does not serve. */
const OTHER_HOST = refusal(
  421,
  'MISDIRECTED_REQUEST',
  'This server does not serve the host in the Host header. Its operator can add names to ALLOWED_HOSTS.',
);

function refusal(status: number, code: ErrorCode, message: string): HttpRefusal {
  return { status, code, message, headers: status === 503 ? { 'retry-after': '1' } : {} };
}

/** Returns the refusal of a request because of its Host header, or undefined. */
export function hostRefusal(
  request: IncomingMessage,
  path: string,
  isOwnHost: (host: string) => boolean,
): HttpRefusal | undefined {
  const { host } = request.headers;
  if (host === undefined) return request.httpVersion === '1.1' ? NO_HOST : undefined;
  // Health probes use any name, e.g. the address of a pod, and their responses contain no data.
  if (isOwnHost(host) || path === '/healthz' || path === '/readyz') return undefined;
  return OTHER_HOST;
}
