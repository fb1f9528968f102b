import { databaseSettings } from '#cmd/database-settings.ts';
import { commonSettings, wholeNumber } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';

/** The settings of the migrate program. */
export const migrateSettings = {
  ...commonSettings,
  ...databaseSettings(),
  EVENTS_URL: eventsUrl({ desc: 'The event log: kafka://host:port,… or postgres://….' }),
  MIGRATE_WAIT_MS: wholeNumber(
    0,
    600_000,
  )({
    default: 60_000,
    desc: 'The time that `up` waits for each engine that does not respond, in milliseconds.',
  }),
};
