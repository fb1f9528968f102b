import type { Call } from '#platform/call.ts';

/** A request and its answer, whatever transport carries them. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** The query string without its question mark. */
  readonly search: string;
  header(name: string): string | undefined;
  readonly body: Buffer;
  readonly call: Call;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}
