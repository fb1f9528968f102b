import { commonSettings, urlOf, wholeNumber } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';

const postgres = urlOf('postgres', 'postgresql');

/** The settings of the program that migrates. */
export const migrateSettings = {
  ...commonSettings,
  ACCOUNT_DATABASE_URL: postgres({ desc: "The account service's own database." }),
  CATALOG_DATABASE_URL: postgres({ desc: "The catalog service's own database." }),
  ORDER_DATABASE_URL: postgres({ desc: "The order service's own database." }),
  EVENTS_URL: eventsUrl({ desc: 'The event log: kafka://host:port,… or postgres://….' }),
  MIGRATE_WAIT_MS: wholeNumber(
    0,
    600_000,
  )({
    default: 60_000,
    desc: 'How long `up` waits for each engine that does not answer yet, in milliseconds.',
  }),
};
