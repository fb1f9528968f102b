import type { DescService } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { startServices, type Link } from '#cmd/fritzy/shop.ts';
import type { GatewayConfig } from '#graphql/config.ts';
import type { ErrorCode } from '#graphql/error-codes.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import { startGateway } from '#graphql/service.ts';
import { Call } from '#platform/call.ts';
import type { TokenVerifier } from '#platform/auth/verify-token.ts';
import { createClock, systemClock, type Clock } from '#platform/clock.ts';
import { currencyOf } from '#platform/currency.ts';
import type { EventLog } from '#platform/events/event.ts';
import type { Logger } from '#platform/logger.ts';
import type { Statement } from '#platform/postgres/pool.ts';
import { Principal } from '#platform/principal.ts';
import { connect } from '#platform/rpc-grpc-client.ts';
import { serve } from '#platform/rpc-grpc.ts';
import { inProcess, type Client, type Implementation } from '#platform/rpc.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';
import { checkedLog } from '#testkit/event-schemas.ts';
import { privateLog } from '#testkit/private-log.ts';
import {
  createShopDatabases,
  databaseEnvironment,
  openTestPostgres,
  type ShopDatabases,
  type TestPostgres,
} from '#testkit/postgres.ts';

/** The two ways in which services call each other. */
export const LINKS = ['in-process', 'grpc'] as const;
export type LinkKind = (typeof LINKS)[number];

/** The extensions of each error of the API. */
export interface ErrorExtensions {
  readonly code: ErrorCode;
  readonly requestId: string;
  /** The path of the first violation. */
  readonly field?: string;
  readonly violations?: readonly {
    readonly code: ErrorCode;
    readonly field: string;
    readonly message: string;
  }[];
  readonly bytesMax?: number;
  readonly totalPrice?: number;
  readonly retryAfterSeconds?: number;
}

export interface GraphQLResult {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- foreign data, parsed by the tests
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: ErrorExtensions;
  }[];
}

export interface GatewayOptions {
  /** The default is `memory:`. */
  readonly cacheUrl?: string;
  /** False: the cache receives no change events. */
  readonly events?: boolean;
  readonly telemetry?: Telemetry;
  /** Signs in the playground. */
  readonly developmentToken?: () => Promise<string>;
  /** Settings that differ from the defaults of the test kit. */
  readonly config?: Partial<GatewayConfig>;
}

export interface TestGateway {
  readonly url: string;
  readonly telemetry: Telemetry;
  graphql(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<GraphQLResult>;
}

export interface TestShop extends TestGateway, AsyncDisposable {
  readonly clients: Clients;
  /** All parsed log lines. */
  readonly logLines: readonly Record<string, unknown>[];
  /** The RPC methods and SQL statement names since the last `clearTrail`, in the order of their start, without those of the relay. */
  readonly trail: { readonly rpcs: string[]; readonly statements: string[] };
  /** The text of each executed statement by name. */
  readonly statementTexts: ReadonlyMap<string, string>;
  /** The event log of this shop, without the topics of other tests on the same Kafka. */
  readonly eventLog: EventLog;
  readonly databaseUrls: ShopDatabases;
  clearTrail(): void;
  /** Starts another gateway for the same services; it stops with the shop. */
  addGateway(options: GatewayOptions): Promise<TestGateway>;
}

/** Statements of the start, of background work, and those whose answers are cached. */
const BACKGROUND =
  /^(ping|find_product|find_order|(select|insert)_currency|(stems|completions)_of_words|category_names)$/;
/** The RPC that each gateway calls at its start. */
const START_RPC = 'getCurrency';

/** Starts the whole shop on new databases, with its gateway on a free port. */
export async function startTestShop(
  options: {
    link?: LinkKind;
    clock?: Clock;
    postgres?: Pick<TestPostgres, 'createDatabase'>;
    currency?: string;
    requestTimeoutMs?: number;
    /** The URL of a search engine with an alias that only this shop uses. */
    searchUrl?: string;
    /** The folder with the keys of access tokens; by default a key that ends with the shop. */
    tokenKeys?: string;
    /** The URL of a Kafka, on which the shop uses its own topics. */
    eventsUrl?: string;
  } & GatewayOptions = {},
): Promise<TestShop> {
  await using failed = new AsyncDisposableStack();
  const postgres = options.postgres ?? failed.use(await openTestPostgres());
  const trail = { rpcs: [] as string[], statements: [] as string[] };
  const statementTexts = new Map<string, string>();
  const logLines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logLines.push(JSON.parse(line)) });
  const telemetry = createTelemetry();
  const clock = options.clock ?? systemClock;
  const databaseUrls = await createShopDatabases(postgres);
  const background = { logger, telemetry, clock: systemClock };
  const eventLog = failed.use(
    checkedLog(
      options.eventsUrl
        ? privateLog(await openEventLog(options.eventsUrl, background, failed), systemClock.newId())
        : await openEventLog(databaseUrls.events, background, failed),
    ),
  );
  const onQuery = ({ name, text }: Statement): void => {
    if (BACKGROUND.test(name)) return;
    trail.statements.push(name);
    statementTexts.set(name, text);
  };
  const currency = { code: options.currency ?? 'USD', decimals: undefined };
  const link = options.link === 'grpc' ? overGrpc(failed, logger) : directly;
  const { clients, upstreams } = await startServices(
    {
      ...databaseEnvironment(databaseUrls),
      SEARCH_URL: options.searchUrl,
      CURRENCY: currency.code,
      TOKEN_KEYS: options.tokenKeys,
    },
    { logger, telemetry, clock, eventLog, onQuery },
    failed,
    async (implementation, tokens) => recording(await link(implementation, tokens), trail.rpcs),
  );
  let stack = failed;
  const addGateway = async (own: GatewayOptions): Promise<TestGateway> => {
    const telemetry = own.telemetry ?? createTelemetry();
    const config = {
      host: '127.0.0.1',
      port: 0,
      shop: { name: 'Fritzy', currency: currencyOf(currency) },
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      drainDelayMs: 0,
      connectionsMax: 1_000,
      allowedHosts: [],
      corsOrigins: [],
      trustedProxies: [],
      playground: true,
      access: 'open' as const,
      introspection: true,
      callerLimits: undefined,
      ...own.config,
      cache: { url: own.cacheUrl ?? 'memory:', entriesMax: 1_000, bytesMax: 10_000_000 },
    };
    const changes = own.events === false ? undefined : eventLog;
    const { developmentToken } = own;
    const deps = { logger, telemetry, clock, upstreams, changes, developmentToken };
    const url = `http://127.0.0.1:${(await startGateway(config, clients, deps, stack)).port}`;
    return {
      url,
      telemetry,
      graphql: (query, variables, headers) => postGraphQL(url, { query, variables }, headers),
    };
  };
  const gateway = await addGateway({ ...options, telemetry });
  stack = failed.move();
  return {
    ...gateway,
    addGateway,
    clients,
    logLines,
    trail,
    statementTexts,
    databaseUrls,
    eventLog,
    clearTrail: () => {
      trail.rpcs.length = 0;
      trail.statements.length = 0;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const directly: Link = async (implementation) => inProcess(implementation);

function overGrpc(stack: AsyncDisposableStack, logger: Logger): Link {
  return async <S extends DescService>(
    implementation: Implementation<S>,
    tokens: TokenVerifier | undefined,
  ) => {
    const server = stack.use(
      await serve([implementation], {
        address: '127.0.0.1:0',
        reflection: true,
        newRequestId: systemClock.newId,
        tokens,
      }),
    );
    server.setServing(true);
    return stack.use(connect(implementation.service, `grpc://127.0.0.1:${server.port}`, { logger })).client;
  };
}

function recording<S extends DescService>(client: Client<S>, rpcs: string[]): Client<S> {
  const entries = Object.entries<(request: never, call: Call) => Promise<unknown>>(client);
  const wrapped = entries.map(([name, method]) => [
    name,
    (request: never, call: Call) => {
      if (name !== START_RPC) rpcs.push(name);
      return method(request, call);
    },
  ]);
  return Object.fromEntries(wrapped) as Client<S>;
}

export async function postGraphQL(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<GraphQLResult> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Omit<GraphQLResult, 'status'>) };
}

/** A call as a gateway creates it, with a deadline in 10 s by default. */
export function testCall(
  options: { timeoutMs?: number; traceparent?: string; requestId?: string; principal?: Principal } = {},
): Call {
  return new Call({
    principal: options.principal ?? Principal.anonymous,
    requestId: options.requestId ?? systemClock.newId(),
    traceparent: options.traceparent,
    nowMs: Date.now(),
    timeoutMs: options.timeoutMs ?? 10_000,
  });
}

/** A logger that stores its lines in memory. */
export function memoryLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return {
    logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    lines,
  };
}

/** A clock that changes only when `advance` is called. */
export function fakeClock(startMs = Date.UTC(2026, 0, 31, 12)): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  const clock = createClock(() => nowMs);
  return { ...clock, advance: (ms) => void (nowMs += ms) };
}

/** Calls `check` until it succeeds; throws its last error after the timeout. */
export async function eventually<T>(check: () => Promise<T> | T, timeoutMs = 10_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
}
