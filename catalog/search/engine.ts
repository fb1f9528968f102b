import { Client, errors } from '@opensearch-project/opensearch';
import { messageOf } from '#platform/errors.ts';

/** An error response of Elasticsearch or OpenSearch, or no response. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** The HTTP status; null without a response. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly body?: object;
  /** NDJSON; each line ends with a line feed. */
  readonly lines?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The search engine's HTTP API: one attempt per request, with a timeout. */
export interface Engine extends AsyncDisposable {
  /** Returns the response body. Throws EngineError, or the signal's reason. */
  send<T>(request: EngineRequest): Promise<T>;
}

/** Opens a client for the URL's host. The URL's path is the alias (product-index.ts), not a path of the engine. */
export function openEngine(url: string): Engine {
  const { origin, username, password } = new URL(url);
  const client = new Client({
    node: origin,
    maxRetries: 0,
    ...(username && {
      auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
    }),
  });
  return {
    async send<T>({ method, path, body, lines, timeoutMs, signal }: EngineRequest): Promise<T> {
      signal?.throwIfAborted();
      const answer = client.transport.request(
        { method, path, ...(body && { body }), ...(lines !== undefined && { bulkBody: lines }) },
        { requestTimeout: timeoutMs, maxRetries: 0 },
      );
      // Returns nothing: if a listener returns a promise that rejects, Node ends the process.
      const abort = (): void => {
        answer.abort();
      };
      let isLate = false;
      // The client's own timeout covers only the headers; the body may never arrive.
      const late = setTimeout(() => {
        isLate = true;
        abort();
      }, timeoutMs);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return (await answer).body as T;
      } catch (error) {
        signal?.throwIfAborted();
        const status = error instanceof errors.ResponseError ? (error.statusCode ?? null) : null;
        const problem = isLate ? `no answer within ${timeoutMs} ms` : messageOf(error);
        throw new EngineError(`${method} ${path}: ${problem}`, status, error);
      } finally {
        clearTimeout(late);
        signal?.removeEventListener('abort', abort);
      }
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
