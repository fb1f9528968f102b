import { setTimeout as delay } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { systemClock, type Clock } from '#platform/clock.ts';
import { commonSettings, str, wholeNumber, type CleanedEnv } from '#platform/config.ts';
import type { EventLog } from '#platform/events/event.ts';
import { brokersOf, eventsUrl } from '#platform/events/events-url.ts';
import { INBOX_MIGRATIONS } from '#platform/events/inbox.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { EVENT_LOG_MIGRATIONS, postgresEventLog, trimEventLog } from '#platform/events/postgres.ts';
import { startRelay } from '#platform/events/relay.ts';
import { serveHealth } from '#platform/health.ts';
import { createLogger, type Logger } from '#platform/logger.ts';
import { migrate, type MigrationFolders } from '#platform/postgres/migrate.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase, type Database, type Statement } from '#platform/postgres/pool.ts';
import { serve } from '#platform/rpc-grpc.ts';
import type { Implementation } from '#platform/rpc.ts';
import { createTelemetry, type Telemetry } from '#platform/telemetry.ts';

/** What every service is given by the program that it runs in. */
export interface ServiceDeps {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly eventLog: EventLog;
  /** Sees each statement before it is sent. */
  readonly onQuery?: (statement: Statement) => void;
}

/** A service that was started: ready to be called in process or to be served over gRPC. */
export interface StartedService<S extends DescService> {
  readonly implementation: Implementation<S>;
  /** Rejects while the service cannot do its work. */
  ready(): Promise<void>;
}

/** The settings of a service that runs in a process of its own. */
export const serviceSettings = {
  ...commonSettings,
  LISTEN: str({
    default: '127.0.0.1:50051',
    desc: 'The host:port on which the service speaks gRPC, without authentication.',
  }),
  ADMIN_HOST: str({
    default: '127.0.0.1',
    desc: 'The address on which /healthz, /readyz and /metrics answer.',
  }),
  ADMIN_PORT: wholeNumber(
    0,
    65_535,
  )({ default: 9_090, desc: 'The port on which /healthz, /readyz and /metrics answer.' }),
  EVENTS_URL: eventsUrl({
    desc: 'The event log: kafka://host:port,host:port or postgres://…',
  }),
};

/** What makes the tables of a service: those of its events and its own, from a folder. */
export function serviceMigrations(name: string, folder: string): MigrationFolders {
  return { outbox: OUTBOX_MIGRATIONS, inbox: INBOX_MIGRATIONS, [name]: folder };
}

/** A service's own database: its tables made, its outbox relayed. `stack` closes it. */
export async function openServiceDatabase(
  service: { name: string; url: string; migrations: string; settings?: Readonly<Record<string, string>> },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<{
  /** For what callers wait for. */
  readonly database: Database;
  /** Connections of its own for what runs by itself, so that neither keeps the other waiting. */
  readonly background: Database;
}> {
  const { name, url } = service;
  await migrate(url, serviceMigrations(name, service.migrations));
  const database = stack.use(openDatabase({ ...deps, ...service }));
  const background = stack.use(openDatabase({ url, name, telemetry: deps.telemetry }));
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
  return { database, background };
}

/** Opens the event log at the URL: kafka://host:port,… or postgres://…, its tables made. `stack` closes it. */
export async function openEventLog(
  url: string,
  deps: Pick<ServiceDeps, 'logger' | 'telemetry' | 'clock'>,
  stack: AsyncDisposableStack,
): Promise<EventLog> {
  const { logger, clock } = deps;
  const brokers = brokersOf(url);
  if (brokers.length > 0) {
    // Loaded where it is used: with that of the search engine the client takes 40 MB, which a shop in one process spares.
    const { kafkaEventLog } = await import('#platform/events/kafka.ts');
    return stack.use(kafkaEventLog({ brokers, logger, newId: clock.newId }));
  }
  await migrate(url, { 'event-log': EVENT_LOG_MIGRATIONS });
  const database = stack.use(
    openDatabase({ url, name: 'events', telemetry: deps.telemetry, settings: INDEX_ORDER_SETTINGS }),
  );
  const own = { database, logger, now: clock.now };
  stack.use(trimEventLog(own));
  return postgresEventLog(own);
}

/** Runs one service in this process: gRPC on LISTEN, health and metrics on ADMIN_PORT. */
export async function serveService<S extends DescService>(
  config: CleanedEnv<typeof serviceSettings>,
  name: string,
  start: (deps: ServiceDeps, stack: AsyncDisposableStack) => Promise<StartedService<S>>,
  stack: AsyncDisposableStack,
): Promise<void> {
  const telemetry = createTelemetry();
  const logger = await createLogger({ service: name, level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const own = { logger, telemetry, clock: systemClock };
  const eventLog = await openEventLog(config.EVENTS_URL, own, stack);
  const service = await start({ ...own, eventLog }, stack);
  let isServing = false;
  const ready = async (): Promise<void> => {
    if (!isServing) throw new Error('the service starts or drains');
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
    }),
  );
  const setServing = (serving: boolean): void => {
    isServing = serving;
    server.setServing(serving);
  };
  setServing(true);
  // Disposed first: load balancers turn to other instances while this one still accepts calls. Then the server
  // answers the calls in hand; background loops and pools end after it.
  stack.defer(async () => {
    setServing(false);
    await delay(config.DRAIN_DELAY_MS);
  });
  logger.info({ grpc_port: server.port, admin_port: adminPort }, 'serving');
}
