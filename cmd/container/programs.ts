import { StartError } from '#platform/errors.ts';

/** What the container image can run, by the argument that it is given. */
const PROGRAMS = {
  account: '../../account/cmd/server/main.ts',
  catalog: '../../catalog/cmd/server/main.ts',
  order: '../../order/cmd/server/main.ts',
  graphql: '../../graphql/cmd/server/main.ts',
  migrate: '../migrate/main.ts',
  dlq: '../dlq/main.ts',
  reindex: '../../catalog/cmd/reindex/main.ts',
} as const;

/** The entry file of a program. Throws StartError if there is none of that name. */
export function programUrl(name: string | undefined): URL {
  const names = Object.keys(PROGRAMS);
  if (name === undefined || !Object.hasOwn(PROGRAMS, name))
    throw new StartError(`say what to run: one of ${names.join(', ')}.`);
  return new URL(PROGRAMS[name as keyof typeof PROGRAMS], import.meta.url);
}
