import { GATEWAY, mainOf, SERVICES } from '#cmd/services.ts';
import { StartError } from '#platform/errors.ts';

/** What the container image can run, by the argument that it is given. */
const PROGRAMS = new Map([
  ...[...SERVICES, GATEWAY].map(({ name }): [string, URL] => [name, mainOf(name)]),
  ['migrate', new URL('../migrate/main.ts', import.meta.url)],
  ['dlq', new URL('../dlq/main.ts', import.meta.url)],
  ['reindex', new URL('../../catalog/cmd/reindex/main.ts', import.meta.url)],
]);

/** The entry file of a program. Throws StartError if there is none of that name. */
export function programUrl(name: string | undefined): URL {
  const url = name === undefined ? undefined : PROGRAMS.get(name);
  if (!url) throw new StartError(`say what to run: one of ${[...PROGRAMS.keys()].join(', ')}.`);
  return url;
}
