import { answerGraphQL, type GraphQLDeps } from '#graphql/graphql-over-http.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';
import { playgroundPage } from '#graphql/playground.ts';
import { operationAnswer, type HealthDeps } from '#platform/health.ts';

export interface HandlerDeps extends GraphQLDeps, HealthDeps {
  /** Whether a browser that opens /graphql is given the playground. */
  readonly playground: boolean;
}

const GRAPHQL = '/graphql';

/** The route of a path, for metrics: a closed set of values. */
export function routeOf(path: string): string {
  return path === GRAPHQL || path === '/' || path === '/healthz' || path === '/readyz' || path === '/metrics'
    ? path
    : '';
}

/** Everything that the gateway answers, independent of the transport. */
export function handle(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> {
  if (request.path !== GRAPHQL) return handleOther(deps, request);
  if (request.method === 'GET' && deps.playground && wantsPage(request)) {
    return playgroundPage(request.header('accept-encoding'));
  }
  return answerGraphQL(deps, request);
}

async function handleOther(deps: HandlerDeps, { method, path }: HttpRequest): Promise<HttpResponse> {
  if (method !== 'GET' && method !== 'HEAD') return plain(404, 'Not found. The API is at /graphql.\n');
  if (path === '/') return { status: 302, headers: { location: GRAPHQL }, body: '' };
  const answer = await operationAnswer(deps, path);
  if (!answer) return plain(404, 'Not found. The API is at /graphql.\n');
  return { status: answer.status, headers: { 'content-type': answer.contentType }, body: answer.body };
}

/** A browser that navigates asks for HTML; a program that sends a query does not. */
function wantsPage(request: HttpRequest): boolean {
  return request.header('accept')?.includes('text/html') ?? false;
}

function plain(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
