import { catalogSettings } from '#catalog/config.ts';
import { gatewaySettings } from '#graphql/config.ts';
import { commonSettings, str, urlOf } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';

const INSTEAD = 'unset, the PostgreSQL that the program starts is used.';

/** The settings of the whole shop in one process. */
export const fritzySettings = {
  ...commonSettings,
  ...gatewaySettings,
  FRITZY_DATA: str({
    default: '.fritzy',
    desc: 'The folder in which the shop keeps its data; made if missing.',
  }),
  ACCOUNT_DATABASE_URL: urlOf(
    'postgres',
    'postgresql',
  )({
    default: undefined,
    desc: `The account service's own database; ${INSTEAD}`,
  }),
  CATALOG_DATABASE_URL: urlOf(
    'postgres',
    'postgresql',
  )({
    default: undefined,
    desc: `The catalog service's own database; ${INSTEAD}`,
  }),
  ORDER_DATABASE_URL: urlOf(
    'postgres',
    'postgresql',
  )({
    default: undefined,
    desc: `The order service's own database; ${INSTEAD}`,
  }),
  SEARCH_URL: catalogSettings.SEARCH_URL,
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: `The event log: kafka://host:port,host:port or postgres://…; ${INSTEAD}`,
  }),
};
