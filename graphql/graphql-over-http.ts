import { isUtf8 } from 'node:buffer';
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { BodyCache } from '#graphql/body-cache.ts';
import type { Documents, Refusal } from '#graphql/documents.ts';
import type { ErrorCode } from '#graphql/error-codes.ts';
import type { Executed, Prepared } from '#graphql/execute.ts';
import { refusalResponse, type HttpRefusal, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import { IDEMPOTENCY_KEY_PROBLEM, parseIdempotencyKey, refusedKeyStatus } from '#graphql/idempotency-key.ts';
import { refreshCookie, refreshTokenOf } from '#graphql/refresh-cookie.ts';
import { brokenBound, isTooDeep, JSON_DEPTH_MAX } from '#graphql/json-bounds.ts';
import { presentError } from '#graphql/present-error.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { Telemetry } from '#platform/telemetry.ts';

/**
 * GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/): GET and POST, both media types and their
 * status codes. graphql/test/graphql-over-http.test.ts runs the official audit suite.
 */
export interface GraphQLDeps {
  readonly documents: Documents;
  readonly execute: (prepared: Prepared, call: Call) => Promise<Executed>;
  readonly bodies: BodyCache;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Charges the caller for the cost of an operation. */
  readonly charge?: (request: HttpRequest, cost: number) => void;
}

const RESPONSE_JSON = 'application/graphql-response+json';
const JSON_TYPE = 'application/json';
/** Browsers must not guess another type. */
const NO_SNIFF = { 'x-content-type-options': 'nosniff' };
const JSON_HEADERS = { 'content-type': `${JSON_TYPE}; charset=utf-8`, ...NO_SNIFF };
const RESPONSE_JSON_HEADERS = { 'content-type': `${RESPONSE_JSON}; charset=utf-8`, ...NO_SNIFF };

/** The maximum bytes of a body in the body cache. */
const CACHED_BODY_SIZE_MAX = 2_048;

interface Parameters {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
}

/** The error of a request that is not valid GraphQL over HTTP, with its HTTP status. */
class BadRequest extends Error implements HttpRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export async function answerGraphQL(deps: GraphQLDeps, request: HttpRequest): Promise<HttpResponse> {
  const accepted = acceptedType(request.header('accept'));
  try {
    if (accepted === undefined)
      throw new BadRequest(406, 'NOT_ACCEPTABLE', `Accept ${RESPONSE_JSON} or ${JSON_TYPE}.`);
    const prepared = prepare(deps, request);
    if ('errors' in prepared) {
      // The draft requires 400 for such a document with the new media type, and 200 with the old one.
      const status = accepted === JSON_TYPE ? 200 : 400;
      return answer(status, accepted, {
        errors: prepared.errors.map((error) => presentError(error, deps.logger, request.call)),
      });
    }
    try {
      if (prepared.operation.type === 'mutation' && request.method === 'GET')
        throw new BadRequest(405, 'METHOD_NOT_ALLOWED', 'Send mutations with POST.', { allow: 'POST' });
      deps.charge?.(request, prepared.operation.cost);
      const keyed = prepared.operation.type === 'mutation' ? withHeaders(prepared, request) : prepared;
      return await execute(deps, keyed, request.call, accepted);
    } finally {
      deps.documents.done(prepared.operation);
    }
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    const { status, body } = refusalResponse(error, request.call.requestId);
    return { status, headers: { ...headersOf(accepted ?? JSON_TYPE), ...error.headers }, body };
  }
}

/** Adds what a mutation reads from the headers. */
function withHeaders(prepared: Prepared, request: HttpRequest): Prepared {
  const idempotencyKey = parseIdempotencyKey(request.header('idempotency-key'));
  if (idempotencyKey === undefined) throw new BadRequest(400, 'BAD_REQUEST', IDEMPOTENCY_KEY_PROBLEM);
  return { ...prepared, idempotencyKey, refreshToken: refreshTokenOf(request.header('cookie')) };
}

/** Returns the first supported media type in an Accept header; application/json without the header. */
function acceptedType(accept: string | undefined): string | undefined {
  if (accept === undefined || accept === '*/*' || accept === JSON_TYPE) return JSON_TYPE;
  for (const range of accept.split(',')) {
    const type = range.split(';', 1)[0]?.trim().toLowerCase();
    if (type === RESPONSE_JSON || type === JSON_TYPE) return type;
    if (type === '*/*' || type === 'application/*') return JSON_TYPE;
  }
  return undefined;
}

/**
 * Prepares the operation of a request. Clients send the same few bodies, so a query is cached by its body. The cached
 * query depends on nothing but the body, so all callers can share it.
 */
function prepare(deps: GraphQLDeps, request: HttpRequest): Prepared | Refusal {
  const { method, body } = request;
  const isCacheable =
    method === 'POST' && body.length <= CACHED_BODY_SIZE_MAX && request.header('content-type') === JSON_TYPE;
  if (!isCacheable) return prepareParameters(deps, readParameters(request));
  // One character per byte, so that different bodies are different keys.
  const text = body.toString('latin1');
  const known = deps.bodies.get(text);
  if (known) return known;
  const prepared = prepareParameters(deps, fromBody(body));
  if ('errors' in prepared) return prepared;
  const { operation } = prepared;
  if (operation.type === 'query' && deps.documents.isCached(operation)) deps.bodies.offer(text, prepared);
  return prepared;
}

function prepareParameters(
  { documents }: Pick<GraphQLDeps, 'documents'>,
  { query, operationName, variables }: Parameters,
): Prepared | Refusal {
  const operation = documents.prepare(query, operationName);
  if ('errors' in operation) return operation;
  const broken = brokenBound(variables);
  if (broken !== undefined) {
    documents.done(operation);
    return operation.refuse(broken);
  }
  if (operation.type === 'mutation') return { operation, variables, key: '' };
  return { operation, variables, key: `${operation.id} ${JSON.stringify(variables)}` };
}

function readParameters(request: HttpRequest): Parameters {
  if (request.method === 'POST') {
    checkType(request);
    return fromBody(request.body);
  }
  if (request.method === 'GET') return fromSearch(request.search);
  throw new BadRequest(405, 'METHOD_NOT_ALLOWED', 'Use GET or POST.', { allow: 'GET, HEAD, POST' });
}

function checkType(request: HttpRequest): void {
  const [type = '', ...attributes] = (request.header('content-type') ?? '').toLowerCase().split(';');
  // Only JSON, which browsers send to other origins only after a preflight: forms on other sites cannot send it.
  if (type.trim() !== JSON_TYPE)
    throw new BadRequest(415, 'UNSUPPORTED_MEDIA_TYPE', `Send the body as ${JSON_TYPE}.`);
  if (attributes.some((attribute) => /^\s*charset=(?!"?utf-?8"?\s*$)/.test(attribute))) {
    throw new BadRequest(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the body in UTF-8.');
  }
}

function fromBody(body: Buffer): Parameters {
  if (!isUtf8(body)) throw new BadRequest(400, 'BAD_REQUEST', 'The body is not valid UTF-8.');
  return toParameters(parseJson(body.toString('utf8'), 'The body'));
}

function fromSearch(search: string): Parameters {
  const parameters = new URLSearchParams(search);
  const variables = parameters.get('variables');
  const extensions = parameters.get('extensions');
  return toParameters({
    query: parameters.get('query') ?? undefined,
    operationName: parameters.get('operationName') ?? undefined,
    variables: variables === null || variables === '' ? undefined : parseJson(variables, 'variables'),
    extensions: extensions === null || extensions === '' ? undefined : parseJson(extensions, 'extensions'),
  });
}

function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRequest(400, 'BAD_REQUEST', `${what} is not valid JSON.`);
  }
  if (isTooDeep(value))
    throw new BadRequest(400, 'BAD_REQUEST', `${what} is nested deeper than ${JSON_DEPTH_MAX} levels.`);
  return value;
}

function toParameters(value: unknown): Parameters {
  if (!isRecord(value))
    throw new BadRequest(400, 'BAD_REQUEST', 'Send a JSON object with query, variables and operationName.');
  const { query, operationName, variables, extensions } = value;
  // Apollo clients send the document itself in response to this message and code.
  if (query === undefined && isRecord(extensions) && isRecord(extensions['persistedQuery']))
    throw new BadRequest(200, 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  if (typeof query !== 'string') throw new BadRequest(400, 'BAD_REQUEST', 'query must be a string.');
  if (operationName != null && typeof operationName !== 'string') {
    throw new BadRequest(400, 'BAD_REQUEST', 'operationName must be a string.');
  }
  if (variables != null && !isRecord(variables))
    throw new BadRequest(400, 'BAD_REQUEST', 'variables must be an object.');
  if (extensions != null && !isRecord(extensions))
    throw new BadRequest(400, 'BAD_REQUEST', 'extensions must be an object.');
  return { query, operationName: operationName || undefined, variables: variables ?? {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function execute(
  deps: GraphQLDeps,
  prepared: Prepared,
  call: Call,
  accepted: string,
): Promise<HttpResponse> {
  const { operation } = prepared;
  const startedMs = performance.now();
  const { result, json, newRefreshToken } = await executed(deps, prepared, call);
  if (json !== undefined) {
    operation.succeeded.observe(startedMs);
    return { status: 200, headers: headersOf(accepted, newRefreshToken), body: json };
  }
  const errors = distinctErrors(result).map((error) => presentError(error, deps.logger, call));
  const errorType = errors[0]?.extensions.code ?? '';
  deps.telemetry.operationDuration.observe(startedMs, operation.type, operation.rootField, errorType);
  const refusedStatus = refusedKeyStatus(result, errors);
  if (refusedStatus !== undefined)
    return answer(accepted === JSON_TYPE ? 200 : refusedStatus, accepted, { errors });
  const refused = !('data' in result) && accepted !== JSON_TYPE;
  const response = answer(refused ? 400 : 200, accepted, { ...result, errors });
  return { ...response, headers: headersOf(accepted, newRefreshToken) };
}

/** Executes the operation. An expected failure of the whole operation becomes an error of the result, as of a field. */
async function executed(deps: GraphQLDeps, prepared: Prepared, call: Call): Promise<Executed> {
  try {
    return await deps.execute(prepared, call);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { publicMessage } = error;
    const errors = [new GraphQLError(publicMessage, { originalError: error })];
    return { result: { data: null, errors }, json: undefined };
  }
}

/** The maximum number of errors in a response: an error has more bytes than its field. */
const ERRORS_MAX = 100;

/** Returns the first of the errors that made the same field null: the others are of fields that the response omits. */
function distinctErrors({ data, errors = [] }: ExecutionResult): GraphQLError[] {
  const byField = new Map<string, GraphQLError>();
  for (const error of errors) {
    let value: unknown = data;
    const present: (string | number)[] = [];
    for (const key of error.path ?? []) {
      if (value === null || value === undefined) break;
      present.push(key);
      value = Reflect.get(Object(value), key);
    }
    const field = error.path ? present.join('.') : `${byField.size}`;
    if (!byField.has(field)) byField.set(field, error);
    if (byField.size === ERRORS_MAX) break;
  }
  return [...byField.values()];
}

function answer(status: number, type: string, body: object): HttpResponse {
  return { status, headers: headersOf(type), body: JSON.stringify(body) };
}

function headersOf(type: string, newRefreshToken?: string): HttpResponse['headers'] {
  const headers = type === JSON_TYPE ? JSON_HEADERS : RESPONSE_JSON_HEADERS;
  return newRefreshToken === undefined
    ? headers
    : { ...headers, 'set-cookie': refreshCookie(newRefreshToken) };
}
