import { optionalDatabaseSettings } from '#cmd/database-settings.ts';
import { SERVICES } from '#cmd/services.ts';
import { gatewaySettings } from '#graphql/config.ts';
import { commonSettings, str, type Settings } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';
import { poolSettings } from '#platform/postgres/pool-settings.ts';

const FALLBACK = 'unset: the PostgreSQL that the program starts.';

/** The settings of `make run`: those of the gateway and of all services. */
export async function fritzySettings() {
  const modules = await Promise.all(SERVICES.map(({ load }) => load()));
  const ofServices: Settings = Object.assign({}, ...modules.map(({ service }) => service.settings));
  return {
    ...ofServices,
    ...optionalDatabaseSettings(FALLBACK),
    ...commonSettings,
    ...gatewaySettings,
    ...poolSettings,
    FRITZY_DATA: str({
      default: '.fritzy',
      desc: 'The data folder of the shop; created if it does not exist.',
    }),
    EVENTS_URL: eventsUrl({
      default: undefined,
      desc: `The event log: kafka://host:port,host:port or postgres://…; ${FALLBACK}`,
    }),
  };
}
