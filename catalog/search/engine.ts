import { Client, errors } from '@opensearch-project/opensearch';
import { messageOf } from '#platform/errors.ts';

/** What Elasticsearch or OpenSearch answered that was not a success, or that it did not answer at all. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** The HTTP status; null if there was no answer. */
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
  /** Lines of JSON, each with its line feed. */
  readonly lines?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The search engine's HTTP API: one attempt a request, each with a deadline. */
export interface Engine extends AsyncDisposable {
  /** The answer's body. Throws EngineError, or the signal's reason. */
  send<T>(request: EngineRequest): Promise<T>;
}

/** The engine at the URL; a path in it is not for the engine (product-index.ts). */
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
      // Returns nothing: Node takes a listener's promise for its own and ends the process when that rejects.
      const abort = (): void => {
        answer.abort();
      };
      let isLate = false;
      // The client's own deadline ends with the answer's headers, and what follows may never come.
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
