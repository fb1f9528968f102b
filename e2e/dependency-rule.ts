import { GATEWAY, SERVICES as TABLE } from '#cmd/services.ts';
import { layerProblem } from './service-layers.ts';
import { areaOf, importsOf, isPb, isTest, TOP, type Source } from './sources.ts';

/**
 * Who may import whom: a service imports platform/ and any service's pb/, never another service's code; platform/
 * imports no service; only what composes the shop or looks at it from outside imports several. A pb/ folder imports
 * only pb/. The environment is read in entry files alone. e2e/service-layers.ts has the rules inside of a service.
 */

/** Each folder that may hold code: the services of the table, and those here. */
export const SERVICES: ReadonlySet<string> = new Set([...TABLE, GATEWAY].map(({ name }) => name));
export const COMPOSERS: ReadonlySet<string> = new Set(['cmd', 'testkit', 'e2e', 'bench', 'scripts']);
export const PLATFORM = 'platform';
/** What belongs to use cases and stores; rpc.ts only maps. */
const WORK: ReadonlySet<string> = new Set([
  'platform/errors.ts',
  'platform/input.ts',
  'platform/group.ts',
  'platform/group-inserts.ts',
  'platform/read-by-id.ts',
  'platform/cost-gate.ts',
]);
const ENVIRONMENT =
  /\bprocess\s*(?:\?\.|\.|\[\s*['"])\s*env\b|\bimport\s*\{[^}]*\benv\b[^}]*\}\s*from\s*['"]node:process['"]/;
/** Comments that begin a line or follow a space: globs in strings look like the start of one. */
const COMMENT = /^\s*\/\*[\s\S]*?\*\/|(?:^|\s)\/\/[^\n]*/gm;

/** What a file does that the rule forbids: one line each. `useCases`: those of all services. */
export function violationsOf(source: Source, useCases: ReadonlySet<string>): string[] {
  const { path } = source;
  const own = areaOf(path);
  const violations = importsOf(source).flatMap((imported) => {
    const reason = whyNot(path, own, imported) ?? layerProblem(path, imported, useCases);
    return reason ? [`${path} imports ${imported}: ${reason}`] : [];
  });
  const readsEnvironment = ENVIRONMENT.test(source.text.replaceAll(COMMENT, ''));
  if (readsEnvironment && !mayReadEnvironment(path)) violations.push(`${path} reads the environment`);
  return violations;
}

function whyNot(path: string, own: string, imported: string): string | undefined {
  const area = areaOf(imported);
  if (isPb(path) && !isPb(imported)) return 'a pb/ folder imports only pb/';
  if (SERVICES.has(own) && path === `${own}/rpc.ts` && WORK.has(imported)) return 'rpc.ts only maps';
  if (area === own) return isTest(imported) && !isTest(path) ? 'code imports no test' : undefined;
  if (own === PLATFORM && SERVICES.has(area)) return 'platform/ imports no service';
  if (SERVICES.has(own) && SERVICES.has(area) && !isPb(imported)) return "another service's code";
  // Tests of a service or of the platform use the test kit; nothing else of those that compose is for others.
  if (COMPOSERS.has(area) && !COMPOSERS.has(own) && !(area === 'testkit' && isTest(path)))
    return `${area}/ is nothing that others build on`;
  const isService = area === PLATFORM || SERVICES.has(area);
  if (own === 'cmd' && !isService && !(area === 'testkit' && isTest(path)))
    return 'a program imports no tests or tools';
  return undefined;
}

function mayReadEnvironment(path: string): boolean {
  const area = areaOf(path);
  return (
    /(^|\/)main\.ts$/.test(path) || isTest(path) || (area !== 'cmd' && COMPOSERS.has(area)) || area === TOP
  );
}
