import { fileURLToPath } from 'node:url';
import { EVENTS_DATABASE, migrationsOf, SERVICES } from '#cmd/services.ts';
import type { Component } from '#cmd/migrate/component.ts';
import { topicsComponent } from '#cmd/migrate/topics.ts';
import { brokersOf } from '#platform/events/events-url.ts';
import { EVENT_LOG_MIGRATIONS } from '#platform/events/postgres.ts';
import { migrate, migrationStatus, type MigrationFolders } from '#platform/postgres/migrate.ts';
import { serviceMigrations } from '#platform/service.ts';

/** The databases of the services and the event log, in the order in which they are migrated. */
export function componentsOf(
  databaseUrl: (service: string) => string,
  eventsUrl: string,
  deps: Parameters<typeof topicsComponent>[1],
): readonly Component[] {
  const services = SERVICES.map(({ name }) =>
    databaseComponent(name, databaseUrl(name), serviceMigrations(name, fileURLToPath(migrationsOf(name)))),
  );
  return [...services, eventLogComponent(eventsUrl, deps)];
}

function eventLogComponent(url: string, deps: Parameters<typeof topicsComponent>[1]): Component {
  if (brokersOf(url).length > 0) return topicsComponent(url, deps);
  return databaseComponent(EVENTS_DATABASE, url, { 'event-log': EVENT_LOG_MIGRATIONS });
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
