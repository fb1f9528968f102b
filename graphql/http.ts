import type { ErrorCode } from '#graphql/error-codes.ts';
import type { Call } from '#platform/call.ts';

/** A request, independent of the transport. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** The query string without its question mark. */
  readonly search: string;
  /** The address of the other end of the connection: the client or a proxy. */
  readonly remoteAddress: string;
  header(name: string): string | undefined;
  readonly body: Buffer;
  readonly call: Call;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A rejection of a request: an HTTP status, an error code and a message. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns the response of a refusal in the form of a GraphQL error. */
export function refusalResponse(
  { status, code, message, headers }: HttpRefusal,
  requestId: string,
): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify({ errors: [{ message, extensions: { code, requestId } }] }),
  };
}

/** Adds a field name to the Vary header. */
export function appendVary(headers: HttpResponse['headers'], name: string): HttpResponse['headers'] {
  const { vary } = headers;
  if (vary === undefined) return { ...headers, vary: name };
  return vary.split(', ').includes(name) ? headers : { ...headers, vary: `${vary}, ${name}` };
}
