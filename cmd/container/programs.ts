import { GATEWAY, mainOf, SERVICES } from '#cmd/services.ts';
import { StartError } from '#platform/errors.ts';

/** The programs of the container image by name. */
const PROGRAMS = new Map([
  ...[...SERVICES, GATEWAY].map(({ name }): [string, URL] => [name, mainOf(name)]),
  ['migrate', new URL('../migrate/main.ts', import.meta.url)],
  ['token', new URL('../token/main.ts', import.meta.url)],
  ['rotate-keys', new URL('../rotate-keys/main.ts', import.meta.url)],
  ['dlq', new URL('../dlq/main.ts', import.meta.url)],
  ['reindex', new URL('../../catalog/cmd/reindex/main.ts', import.meta.url)],
  ['search-report', new URL('../../catalog/cmd/search-report/main.ts', import.meta.url)],
]);

/** The entry file of a program. Throws StartError if the name is unknown. */
export function programUrl(name: string | undefined): URL {
  const url = name === undefined ? undefined : PROGRAMS.get(name);
  if (!url) throw new StartError(`the first argument must be one of ${[...PROGRAMS.keys()].join(', ')}.`);
  return url;
}
