import { SERVICES, databaseSetting } from '#cmd/services.ts';
import { urlOf, type ValidatorSpec } from '#platform/config.ts';

type DatabaseSettings<T> = Readonly<Record<string, ValidatorSpec<T>>>;

const postgres = urlOf('postgres', 'postgresql');

/** The URL of each service's own database. */
export const databaseSettings = (): DatabaseSettings<string> =>
  Object.fromEntries(
    SERVICES.map(({ name }) => [
      databaseSetting(name),
      postgres({ desc: `The ${name} service's own database.` }),
    ]),
  );

/** The same for a program that has a PostgreSQL of its own where one is not set. `instead` says so. */
export const optionalDatabaseSettings = (instead: string): DatabaseSettings<string | undefined> =>
  Object.fromEntries(
    SERVICES.map(({ name }) => [
      databaseSetting(name),
      postgres({ default: undefined, desc: `The ${name} service's own database; ${instead}` }),
    ]),
  );
