import { SERVICES, databaseSetting } from '#cmd/services.ts';
import { urlOf, type ValidatorSpec } from '#platform/config.ts';

type DatabaseSettings<T> = Readonly<Record<string, ValidatorSpec<T>>>;

const postgres = urlOf('postgres', 'postgresql');

/** The database URL of each service. */
export const databaseSettings = (): DatabaseSettings<string> =>
  Object.fromEntries(
    SERVICES.map(({ name }) => [
      databaseSetting(name),
      postgres({ desc: `The ${name} service's own database.` }),
    ]),
  );

/** The same settings, optional. `fallback` describes, for error messages, the database that the program uses if one is unset. */
export const optionalDatabaseSettings = (fallback: string): DatabaseSettings<string | undefined> =>
  Object.fromEntries(
    SERVICES.map(({ name }) => [
      databaseSetting(name),
      postgres({ default: undefined, desc: `The ${name} service's own database; ${fallback}` }),
    ]),
  );
