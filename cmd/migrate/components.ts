import { fileURLToPath } from 'node:url';
import { EVENT_LOG_MIGRATIONS, OUTBOX_MIGRATIONS } from '#platform/events/postgres.ts';
import { StartError } from '#platform/errors.ts';
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
export function componentsOf(urls: ComponentUrls): readonly Component[] {
  const service = (name: 'account' | 'catalog' | 'order'): Component =>
    databaseComponent(name, urls[name], {
      outbox: OUTBOX_MIGRATIONS,
      [name]: folder(`${name}/migrations`),
    });
  return [service('account'), service('catalog'), service('order'), eventLogComponent(urls.events)];
}

function eventLogComponent(url: string): Component {
  switch (/^\w+(?=:\/\/)/.exec(url)?.[0]) {
    case 'postgres':
    case 'postgresql':
      return databaseComponent('events', url, { 'event-log': EVENT_LOG_MIGRATIONS });
    default:
      throw new StartError('EVENTS_URL must be a URL that starts with postgres://.');
  }
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
