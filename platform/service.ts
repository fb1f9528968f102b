import { setTimeout as delay } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import type { TokenVerifier } from '#platform/auth/verify-token.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import {
  commonSettings,
  readConfig,
  str,
  wholeNumber,
  type CleanedEnv,
  type Environment,
  type Settings,
} from '#platform/config.ts';
import type { EventLog } from '#platform/events/event.ts';
import { brokersOf, eventsUrl } from '#platform/events/events-url.ts';
import { INBOX_MIGRATIONS } from '#platform/events/inbox.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { EVENT_LOG_MIGRATIONS, postgresEventLog, trimEventLog } from '#platform/events/postgres.ts';
import { startRelay } from '#platform/events/relay.ts';
import { createIdempotency, type Idempotency } from '#platform/idempotency/once.ts';
import { deleteOldKeys, IDEMPOTENCY_MIGRATIONS } from '#platform/idempotency/keys.ts';
import { serveHealth } from '#platform/health.ts';
import { createLogger, type Logger } from '#platform/logger.ts';
import { DEFAULT_PORTS } from '#platform/ports.ts';
import { migrate, type MigrationFolders } from '#platform/postgres/migrate.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { poolConfig, poolSettings, type PoolSettings } from '#platform/postgres/pool-settings.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { serve } from '#platform/rpc-grpc.ts';
import type { ClientOf, Implementation } from '#platform/rpc.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';
import { connectUpstreams, upstreamSettings, type Upstreams } from '#platform/upstreams.ts';

/** The dependencies that a program passes to each of its services. */
export interface ServiceDeps {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly eventLog: EventLog;
  /** The settings of each connection pool to the service's own database. */
  readonly pool?: PoolSettings;
  /** Called with each statement before it is sent. */
  readonly onQuery?: (statement: Statement) => void;
}

/** A started service, ready to be called in process or served over gRPC. */
export interface StartedService<S extends DescService> {
  readonly implementation: Implementation<S>;
  /** Rejects while the service cannot work. */
  ready(): Promise<void>;
  /** Verifies the access tokens of callers over gRPC; without it, all callers are anonymous. */
  readonly tokens?: TokenVerifier;
}

/** A service, as seen by the programs that start it. */
export interface Service {
  /** The name of its folder, in logs and metrics, and in the source of its events. */
  readonly name: string;
  /** Its settings in addition to those of every service. */
  readonly settings: Settings;
  /** The services that it calls. */
  readonly upstreams: Upstreams;
  /** Starts the service with the settings of the environment. `stack` stops it. */
  start(
    env: Environment,
    clientOf: ClientOf,
    deps: ServiceDeps,
    stack: AsyncDisposableStack,
  ): Promise<StartedService<DescService>>;
}

/** Defines a service whose `start` receives its parsed settings. */
export function defineService<S extends Settings>(service: {
  readonly name: string;
  readonly settings: S;
  readonly upstreams?: Upstreams;
  start(
    config: CleanedEnv<S>,
    clientOf: ClientOf,
    deps: ServiceDeps,
    stack: AsyncDisposableStack,
  ): Promise<StartedService<DescService>>;
}): Service {
  const { settings, upstreams = {} } = service;
  return {
    ...service,
    upstreams,
    start: (env, ...others) => service.start(readConfig(env, settings), ...others),
  };
}

/** The settings of a service that runs in its own process. */
export const serviceSettings = {
  ...commonSettings,
  ...poolSettings,
  LISTEN: str({
    default: `127.0.0.1:${DEFAULT_PORTS.grpc}`,
    desc: 'The host:port on which the service serves gRPC, without authentication.',
  }),
  ADMIN_HOST: str({
    default: '127.0.0.1',
    desc: 'The address of /healthz, /readyz and /metrics.',
  }),
  ADMIN_PORT: wholeNumber(
    0,
    65_535,
  )({ default: DEFAULT_PORTS.admin, desc: 'The port of /healthz, /readyz and /metrics.' }),
  EVENTS_URL: eventsUrl({
    desc: 'The event log: kafka://host:port,host:port or postgres://…',
  }),
};

/** The migrations of a service: those of its events and idempotency keys, and its own, from a folder. */
export function serviceMigrations(name: string, folder: string): MigrationFolders {
  return {
    outbox: OUTBOX_MIGRATIONS,
    inbox: INBOX_MIGRATIONS,
    idempotency: IDEMPOTENCY_MIGRATIONS,
    [name]: folder,
  };
}

/** Opens a service's own database: applies its migrations and starts its relay. `stack` closes it. */
export async function openServiceDatabase(
  service: { name: string; url: string; migrations: string; settings?: Readonly<Record<string, string>> },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<{
  /** The request-path pool. */
  readonly database: Database;
  /** The background pool, separate so that requests and background work do not wait for each other. */
  readonly background: Database;
  readonly idempotency: Idempotency;
}> {
  const { name, url } = service;
  await migrate(url, serviceMigrations(name, service.migrations));
  const database = stack.use(openDatabase({ ...deps, ...deps.pool, ...service }));
  const background = stack.use(openDatabase({ ...deps.pool, url, name, telemetry: deps.telemetry }));
  stack.use(
    startRelay({
      ...deps,
      database: background,
      log: deps.eventLog,
      source: `/fritzy/${name}`,
      name,
      now: deps.clock.now,
    }),
  );
  stack.use(deleteOldKeys({ ...deps, database: background }));
  return { database, background, idempotency: createIdempotency(database) };
}

/** Opens the event log at the URL: kafka://host:port,… or postgres://…; applies its migrations. `stack` closes it. */
export async function openEventLog(
  url: string,
  deps: Pick<ServiceDeps, 'logger' | 'telemetry' | 'clock' | 'pool'>,
  stack: AsyncDisposableStack,
): Promise<EventLog> {
  const { logger, clock } = deps;
  const brokers = brokersOf(url);
  if (brokers.length > 0) {
    // Loaded on demand: with the client of the search engine it takes 40 MB, which a shop in one process saves.
    const { kafkaEventLog } = await import('#platform/events/kafka.ts');
    return stack.use(kafkaEventLog({ brokers, logger, newId: clock.newId }));
  }
  await migrate(url, { 'event-log': EVENT_LOG_MIGRATIONS });
  const database = stack.use(
    openDatabase({
      ...deps.pool,
      url,
      name: 'events',
      telemetry: deps.telemetry,
      settings: INDEX_ORDER_SETTINGS,
    }),
  );
  const own = { database, logger, now: clock.now };
  stack.use(trimEventLog(own));
  return postgresEventLog(own);
}

/** All settings of a service that runs in its own process. */
export function settingsOf(service: Pick<Service, 'settings' | 'upstreams'>) {
  return { ...serviceSettings, ...service.settings, ...upstreamSettings(service.upstreams) };
}

/** Runs one service in this process: gRPC on LISTEN, health and metrics on ADMIN_PORT. */
export async function serveService(
  env: Environment,
  program: Service,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { name } = program;
  // Read all settings at once, so that all errors are reported together.
  const config: CleanedEnv<typeof serviceSettings> = readConfig(env, settingsOf(program));
  const telemetry = createTelemetry();
  const logger = await createLogger({ service: name, level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const own = { logger, telemetry, clock: systemClock, pool: poolConfig(config) };
  const eventLog = await openEventLog(config.EVENTS_URL, own, stack);
  const { clientOf } = connectUpstreams(env, program.upstreams, own, stack);
  const service = await program.start(env, clientOf, { ...own, eventLog }, stack);
  let isServing = false;
  const ready = async (): Promise<void> => {
    if (!isServing) throw new Error('the service is starting or draining');
    await service.ready();
  };
  const adminPort = await serveHealth(
    { host: config.ADMIN_HOST, port: config.ADMIN_PORT, telemetry, ready },
    stack,
  );
  const server = stack.use(
    await serve([service.implementation], {
      address: config.LISTEN,
      reflection: config.NODE_ENV !== 'production',
      newRequestId: systemClock.newId,
      tokens: service.tokens,
    }),
  );
  const setServing = (serving: boolean): void => {
    isServing = serving;
    server.setServing(serving);
  };
  setServing(true);
  // Disposed first: load balancers switch to other instances while this one still accepts calls. Then the server
  // completes the calls in progress; background loops and pools end after it.
  stack.defer(async () => {
    setServing(false);
    await delay(config.DRAIN_DELAY_MS);
  });
  logger.info({ grpc_port: server.port, admin_port: adminPort }, 'serving');
}
