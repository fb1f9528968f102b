import { GATEWAY, SERVICES as TABLE } from '#cmd/services.ts';
import { layerProblem } from './service-layers.ts';
import { areaOf, importsOf, isPb, isTest, TOP, type Source } from './sources.ts';

/**
 * The allowed imports between areas: a service imports platform/ and the pb/ folders of all services, but no other code
 * of another service; platform/ imports no service; only COMPOSERS import several services. A pb/ folder imports only
 * pb/. Only entry files read the environment. e2e/service-layers.ts has the rules within a service.
 */

/** The folders that may contain code: the services of the table, and the following. */
export const SERVICES: ReadonlySet<string> = new Set([...TABLE, GATEWAY].map(({ name }) => name));
export const COMPOSERS: ReadonlySet<string> = new Set(['cmd', 'testkit', 'e2e', 'bench', 'scripts']);
export const PLATFORM = 'platform';
/** Modules for use cases and stores, which rpc.ts must not import because it only maps. */
const USE_CASE_MODULES: ReadonlySet<string> = new Set([
  'platform/errors.ts',
  'platform/input.ts',
  'platform/group.ts',
  'platform/group-inserts.ts',
  'platform/read-by-id.ts',
  'platform/cost-gate.ts',
]);
const ENVIRONMENT =
  /\bprocess\s*(?:\?\.|\.|\[\s*['"])\s*env\b|\bimport\s*\{[^}]*\benv\b[^}]*\}\s*from\s*['"]node:process['"]/;
/** Comments at the start of a line or after a space: a glob in a string can look like the start of a comment. */
const COMMENT = /^\s*\/\*[\s\S]*?\*\/|(?:^|\s)\/\/[^\n]*/gm;

/** The violations of the rules in a file, one line each. `useCases` are those of all services. */
export function violationsOf(source: Source, useCases: ReadonlySet<string>): string[] {
  const { path } = source;
  const own = areaOf(path);
  const violations = importsOf(source).flatMap((imported) => {
    const reason = importProblem(path, own, imported) ?? layerProblem(path, imported, useCases);
    return reason ? [`${path} imports ${imported}: ${reason}`] : [];
  });
  const readsEnvironment = ENVIRONMENT.test(source.text.replaceAll(COMMENT, ''));
  if (readsEnvironment && !mayReadEnvironment(path)) violations.push(`${path} reads the environment`);
  return violations;
}

function importProblem(path: string, own: string, imported: string): string | undefined {
  const area = areaOf(imported);
  if (isPb(path) && !isPb(imported)) return 'a pb/ folder imports only pb/';
  if (SERVICES.has(own) && path === `${own}/rpc.ts` && USE_CASE_MODULES.has(imported))
    return 'rpc.ts only maps';
  if (area === own) return isTest(imported) && !isTest(path) ? 'only tests import tests' : undefined;
  if (own === PLATFORM && SERVICES.has(area)) return 'platform/ imports no service';
  if (SERVICES.has(own) && SERVICES.has(area) && !isPb(imported))
    return 'a service imports no code of another service';
  // Only tests of services and of the platform may import testkit/; no other folder may import the other COMPOSERS.
  if (COMPOSERS.has(area) && !COMPOSERS.has(own) && !(area === 'testkit' && isTest(path)))
    return `only tests may import testkit/, and no other folder imports ${area}/`;
  const isService = area === PLATFORM || SERVICES.has(area);
  if (own === 'cmd' && !isService && !(area === 'testkit' && isTest(path)))
    return 'a program imports only services and platform/';
  return undefined;
}

function mayReadEnvironment(path: string): boolean {
  const area = areaOf(path);
  return (
    /(^|\/)main\.ts$/.test(path) || isTest(path) || (area !== 'cmd' && COMPOSERS.has(area)) || area === TOP
  );
}
