import { appendVary, type HttpRequest, type HttpResponse } from '#graphql/http.ts';

type Headers = HttpResponse['headers'];

/** Cross-origin access to the API from browsers (https://fetch.spec.whatwg.org/#http-cors-protocol). */
export interface Cors {
  /** Returns the headers of a response to a request with this Origin header. */
  extend(headers: Headers, origin: string): Headers;
  /** Returns the response to a preflight request, or undefined if it is not one or its origin is not allowed. */
  preflight(request: HttpRequest): HttpResponse | undefined;
}

/** Seconds for which a browser may cache a preflight response: the maximum of Chromium. */
const MAX_AGE_SECONDS = '7200';
const METHODS = 'GET, HEAD, POST';
const REQUEST_HEADERS = 'accept, authorization, content-type, idempotency-key, traceparent, x-request-id';
/** The response headers that a page may read. */
const EXPOSED = 'ratelimit, ratelimit-policy, retry-after, x-request-id';

/** Allows a list of origins, e.g. `https://shop.example`, or any with `*`. No credentials: the only cookie is for pages of the same origin. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);
  const any = allowed.has('*');
  const isAllowed = (origin: string): boolean => any || allowed.has(origin);
  const extend = (headers: Headers, origin: string): Headers => {
    if (allowed.size === 0) return headers;
    const varied = any ? headers : appendVary(headers, 'origin');
    if (!isAllowed(origin)) return varied;
    return {
      ...varied,
      'access-control-allow-origin': any ? '*' : origin,
      'access-control-expose-headers': EXPOSED,
    };
  };
  return {
    extend,
    preflight: ({ method, header }) => {
      const origin = header('origin');
      if (method !== 'OPTIONS' || origin === undefined || !isAllowed(origin)) return undefined;
      if (header('access-control-request-method') === undefined) return undefined;
      return {
        status: 204,
        headers: {
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': MAX_AGE_SECONDS,
          vary: 'access-control-request-method, access-control-request-headers',
        },
        body: '',
      };
    },
  };
}
