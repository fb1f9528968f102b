import { DEFAULT_PORTS } from '#platform/ports.ts';
import type { Service } from '#platform/service.ts';

/**
 * The table of services. All code that needs the list of services derives from it: migrate, run-all, the container,
 * `make run`, the topics and the test kit. e2e/compose.test.ts compares docker-compose.yml with it. To add a service,
 * add a folder with its name and one entry here (e2e/new-service.test.ts).
 *
 * The table loads no code of a service, because the health check of the image reads it every few seconds.
 */
export interface ServiceEntry {
  /** The name of its folder and its database; also its name in Compose, in logs and as the argument of the image. */
  readonly name: string;
  /** The gRPC port under `make run-all`. */
  readonly grpcPort: number;
  /** The port of /healthz, /readyz and /metrics under `make run-all`. */
  readonly adminPort: number;
  /** The colour of the name that prefixes its log lines under `make run-all`. */
  readonly color: string;
  /** The module that exports the topics to which it publishes, and nothing else. */
  topics(): Promise<Readonly<Record<string, string>>>;
  /** The module that exports its settings, its upstream services and its start function. */
  load(): Promise<{ readonly service: Service }>;
}

/** In the order of start and migration. A service calls only services above it. */
export const SERVICES = [
  {
    name: 'account',
    grpcPort: 50_051,
    adminPort: 9_091,
    color: 'green',
    topics: () => import('#account/pb/topics.ts'),
    load: () => import('#account/service.ts'),
  },
  {
    name: 'catalog',
    grpcPort: 50_052,
    adminPort: 9_092,
    color: 'yellow',
    topics: () => import('#catalog/pb/topics.ts'),
    load: () => import('#catalog/service.ts'),
  },
  {
    name: 'order',
    grpcPort: 50_053,
    adminPort: 9_093,
    color: 'magenta',
    topics: () => import('#order/pb/topics.ts'),
    load: () => import('#order/service.ts'),
  },
] as const satisfies readonly ServiceEntry[];

export type ServiceName = (typeof SERVICES)[number]['name'];

/** The gateway. It calls the services; it has no database, publishes no events and serves no gRPC. */
export const GATEWAY = {
  name: 'graphql',
  port: DEFAULT_PORTS.api,
  color: 'cyan',
  load: () => import('#graphql/config.ts'),
} as const;

/** The database of the event log if the log is in PostgreSQL. */
export const EVENTS_DATABASE = 'events' as const;

/** The entry file that runs a service or the gateway in its own process. */
export const mainOf = (name: string): URL => new URL(`../${name}/cmd/server/main.ts`, import.meta.url);

/** The folder of the migrations of a service. */
export const migrationsOf = (name: string): URL => new URL(`../${name}/migrations`, import.meta.url);

/** The name of the setting that contains the database URL of a service. */
export const databaseSetting = (name: string): string => settingOf(name, 'DATABASE_URL');

/** The name of the setting that contains the gRPC URL of a service for its callers. */
export const urlSetting = (name: string): string => settingOf(name, 'URL');

/** The name of the setting of `make run-all` for the admin port of a service. */
export const adminPortSetting = (name: string): string => settingOf(name, 'ADMIN_PORT');

const settingOf = (name: string, suffix: string): string =>
  `${name.toUpperCase().replaceAll('-', '_')}_${suffix}`;
