import { optionalDatabaseSettings } from '#cmd/database-settings.ts';
import { SERVICES } from '#cmd/services.ts';
import { gatewaySettings } from '#graphql/config.ts';
import { commonSettings, str, type Settings } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';
import { poolSettings } from '#platform/postgres/pool-settings.ts';

const INSTEAD = 'unset, the PostgreSQL that the program starts is used.';

/** The settings of the whole shop in one process: those of the gateway and of each service. */
export async function fritzySettings() {
  const modules = await Promise.all(SERVICES.map(({ load }) => load()));
  const ofServices: Settings = Object.assign({}, ...modules.map(({ service }) => service.settings));
  return {
    ...ofServices,
    ...optionalDatabaseSettings(INSTEAD),
    ...commonSettings,
    ...gatewaySettings,
    ...poolSettings,
    FRITZY_DATA: str({
      default: '.fritzy',
      desc: 'The folder in which the shop keeps its data; made if missing.',
    }),
    EVENTS_URL: eventsUrl({
      default: undefined,
      desc: `The event log: kafka://host:port,host:port or postgres://…; ${INSTEAD}`,
    }),
  };
}
