import { serviceMigrations } from '#platform/service.ts';
import { fileURLToPath } from 'node:url';
import { brokersOf } from '#platform/events/events-url.ts';
import { EVENT_LOG_MIGRATIONS } from '#platform/events/postgres.ts';
import { topicsComponent } from '#cmd/migrate/topics.ts';
import {
  migrate,
  migrationStatus,
  type MigrationFolders,
  type MigrationStatus,
} from '#platform/postgres/migrate.ts';

/** Something of the shop's that has to be made before it is used: tables of a database, topics of a broker. */
export interface Component {
  readonly name: string;
  /** The engine as an operator knows it; never a password. */
  readonly where: string;
  /** Applies what is missing; returns the names of what it applied. */
  up(): Promise<readonly string[]>;
  /** Changes nothing. */
  status(): Promise<MigrationStatus>;
}

export interface ComponentUrls {
  readonly account: string;
  readonly catalog: string;
  readonly order: string;
  readonly events: string;
}

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Each service's tables and the event log, in the order in which they are migrated. */
export function componentsOf(
  urls: ComponentUrls,
  deps: Parameters<typeof topicsComponent>[1],
): readonly Component[] {
  const service = (name: 'account' | 'catalog' | 'order'): Component =>
    databaseComponent(name, urls[name], serviceMigrations(name, folder(`${name}/migrations`)));
  return [service('account'), service('catalog'), service('order'), eventLogComponent(urls.events, deps)];
}

function eventLogComponent(url: string, deps: Parameters<typeof topicsComponent>[1]): Component {
  if (brokersOf(url).length > 0) return topicsComponent(url, deps);
  return databaseComponent('events', url, { 'event-log': EVENT_LOG_MIGRATIONS });
}

function databaseComponent(name: string, url: string, folders: MigrationFolders): Component {
  const { host, pathname } = new URL(url);
  return {
    name,
    where: `${host}${pathname}`,
    up: () => migrate(url, folders),
    status: () => migrationStatus(url, folders),
  };
}
