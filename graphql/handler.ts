import { ASSETS, DEVELOPMENT_TOKEN, PLAYGROUND_HEADER, playgroundAnswer } from '#graphql/playground.ts';
import { authenticate } from '#graphql/authenticate.ts';
import type { CallerLimits } from '#graphql/caller-limits.ts';
import type { Cors } from '#graphql/cors.ts';
import { answerGraphQL, type GraphQLDeps } from '#graphql/graphql-over-http.ts';
import { refusalResponse, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import type { TokenVerifier } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import { operationAnswer, type HealthDeps } from '#platform/health.ts';

export interface HandlerDeps extends GraphQLDeps, HealthDeps {
  /** Whether browsers that open /graphql get the playground. */
  readonly playground: boolean;
  readonly cors: Cors;
  readonly tokens: TokenVerifier;
  readonly limits: CallerLimits;
  /** Returns a token of an administrator for the playground; undefined except on a development machine. */
  readonly developmentToken: (() => Promise<string>) | undefined;
  /** The public keys of access tokens, as a JWK set in JSON. */
  readonly keySet: (call: Call) => Promise<string>;
}

const GRAPHQL = '/graphql';
/** Where verifiers of access tokens look for the public keys. */
const KEY_SET = '/.well-known/jwks.json';
const ROUTES = new Set([GRAPHQL, KEY_SET, '/', '/healthz', '/readyz', '/metrics']);

/** Returns the route of a path, a metric label with a closed set of values. */
export function routeOf(path: string): string {
  if (ROUTES.has(path)) return path;
  return path.startsWith(ASSETS) ? ASSETS : '';
}

/** Handles all requests of the gateway, independent of the transport, which omits the body of a response to HEAD. */
export async function handle(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> {
  const { method, path } = request;
  if (path !== GRAPHQL) return handleOther(deps, request);
  const refused = authenticate(deps, request);
  const refusal = refused instanceof Promise ? await refused : refused;
  if (refusal) return refusal;
  if (deps.playground && (method === 'GET' || method === 'HEAD') && acceptsHtml(request))
    return (await playgroundAnswer(request)) ?? notFound();
  const preflight = method === 'OPTIONS' ? deps.cors.preflight(request) : undefined;
  if (preflight) return preflight;
  const admission = deps.limits.admit(request);
  const admitted = admission instanceof Promise ? await admission : admission;
  if (!admitted) return handleOperation(deps, request);
  if (admitted.refusal) return admitted.refusal;
  const answer = await handleOperation(deps, request);
  return { ...answer, headers: { ...answer.headers, ...admitted.headers } };
}

function handleOperation(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> | HttpResponse {
  const { method } = request;
  if (method === 'POST') return handlePost(deps, request);
  if (method !== 'GET' && method !== 'HEAD') return answerGraphQL(deps, request);
  return handleGet(deps, request);
}

async function handleGet(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> {
  const answer = await answerGraphQL(deps, { ...request, method: 'GET' });
  return { ...answer, headers: { ...answer.headers, ...GET_HEADERS } };
}

/** The data can change at any time. Responses to POST need no such headers: caches never store them (RFC 9110, section 9.3.3). */
const GET_HEADERS = { 'cache-control': 'no-store', vary: 'accept, accept-encoding' };

function handlePost(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> | HttpResponse {
  const coding = request.header('content-encoding');
  if (coding === undefined || coding === 'identity') return answerGraphQL(deps, request);
  const code = 'UNSUPPORTED_MEDIA_TYPE';
  const message = 'Send the body without a content coding.';
  const headers = { 'accept-encoding': 'identity' };
  return refusalResponse({ status: 415, code, message, headers }, request.call.requestId);
}

async function handleOther(deps: HandlerDeps, request: HttpRequest): Promise<HttpResponse> {
  const { method, path } = request;
  if (method !== 'GET' && method !== 'HEAD') return notFound();
  if (path === '/') return { status: 302, headers: { location: GRAPHQL }, body: '' };
  if (path.startsWith(ASSETS) && deps.playground) return (await playgroundAnswer(request)) ?? notFound();
  if (path === KEY_SET) return keySetAnswer(deps, request);
  if (path === DEVELOPMENT_TOKEN) return developmentTokenAnswer(deps, request);
  const answer = await operationAnswer(deps, path);
  if (!answer) return notFound();
  const headers = { 'content-type': answer.contentType, 'cache-control': 'no-store' };
  return { status: answer.status, headers, body: answer.body };
}

async function keySetAnswer({ keySet, limits }: HandlerDeps, request: HttpRequest): Promise<HttpResponse> {
  const { call } = request;
  const admitted = await limits.admit(request);
  if (admitted?.refusal) return admitted.refusal;
  const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' };
  return { status: 200, headers, body: await keySet(call) };
}

/** Headers of proxies, whose clients can be on other machines. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/** Pages of other origins cannot send the header without a preflight request, which is not answered for it. */
async function developmentTokenAnswer(
  { developmentToken }: HandlerDeps,
  request: HttpRequest,
): Promise<HttpResponse> {
  if (!developmentToken || request.header(PLAYGROUND_HEADER) === undefined) return notFound();
  if (FORWARDED.some((name) => request.header(name) !== undefined)) return notFound();
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' };
  return { status: 200, headers, body: await developmentToken() };
}

/** Browsers accept HTML when they open a page; programs that send queries do not. */
function acceptsHtml(request: HttpRequest): boolean {
  return request.header('accept')?.includes('text/html') ?? false;
}

function notFound(): HttpResponse {
  const headers = { 'content-type': 'text/plain' };
  return { status: 404, headers, body: 'Not found. The API is at /graphql.\n' };
}
