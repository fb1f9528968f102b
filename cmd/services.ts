import { DEFAULT_PORTS } from '#platform/ports.ts';
import type { Service } from '#platform/service.ts';

/**
 * The table of services. Everything that names all of them derives from it: migrate, run-all, the container, `make run`,
 * the topics and the test kit. e2e/compose.test.ts holds docker-compose.yml against it. A new service is a folder of
 * its name and one entry here (e2e/new-service.test.ts).
 *
 * The table is data: it loads no code of a service, because the health check of the image reads it every few seconds.
 */
export interface ServiceEntry {
  /** Its folder, its database and its name in Compose, in logs and as the argument of the image. */
  readonly name: string;
  /** The port on which `make run-all` lets it serve gRPC. */
  readonly grpcPort: number;
  /** The port of its /healthz, /readyz and /metrics under `make run-all`. */
  readonly adminPort: number;
  /** The colour of its name before its lines in `make run-all`. */
  readonly color: string;
  /** The module that exports the topics that it publishes to, and nothing else. */
  topics(): Promise<Readonly<Record<string, string>>>;
  /** The module with its settings, the services that it calls, and its start. */
  load(): Promise<{ readonly service: Service }>;
}

/** In the order in which they start and are migrated: a service calls only those above it. */
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

/** The gateway, which stands in front of the services: it has no database, publishes nothing and serves no gRPC. */
export const GATEWAY = {
  name: 'graphql',
  port: DEFAULT_PORTS.api,
  color: 'cyan',
  load: () => import('#graphql/config.ts'),
} as const;

/** The database of the event log, beside those of the services, where the log is in PostgreSQL. */
export const EVENTS_DATABASE = 'events' as const;

/** The file that runs a service, or the gateway, in a process of its own. */
export const mainOf = (name: string): URL => new URL(`../${name}/cmd/server/main.ts`, import.meta.url);

/** The folder of its migrations. */
export const migrationsOf = (name: string): URL => new URL(`../${name}/migrations`, import.meta.url);

/** The setting that holds the URL of its database. */
export const databaseSetting = (name: string): string => settingOf(name, 'DATABASE_URL');

/** The setting by which its callers find it. */
export const urlSetting = (name: string): string => settingOf(name, 'URL');

/** The setting of `make run-all` for the port of its /metrics. */
export const adminPortSetting = (name: string): string => settingOf(name, 'ADMIN_PORT');

const settingOf = (name: string, suffix: string): string =>
  `${name.toUpperCase().replaceAll('-', '_')}_${suffix}`;
