import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GATEWAY, SERVICES as TABLE } from '#cmd/services.ts';

/**
 * Who may import whom: a service imports platform/ and any service's pb/, never another service's code; platform/
 * imports no service; only what composes the shop or looks at it from outside imports several. A pb/ folder imports
 * only pb/. rpc.ts of a service only maps: it imports neither checks, errors nor what shares work. The environment is
 * read in entry files alone.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

/** Each folder that may hold code: the services of the table, and those here. */
const SERVICES: ReadonlySet<string> = new Set([...TABLE, GATEWAY].map(({ name }) => name));
const COMPOSERS: ReadonlySet<string> = new Set(['cmd', 'testkit', 'e2e', 'bench', 'scripts']);
const PLATFORM = 'platform';
/** What belongs to use cases and stores. */
const WORK: ReadonlySet<string> = new Set([
  'platform/errors.ts',
  'platform/input.ts',
  'platform/group.ts',
  'platform/group-inserts.ts',
  'platform/read-by-id.ts',
  'platform/cost-gate.ts',
]);
/** This file: its made-up imports are text. */
const SELF = 'e2e/dependency-rule.test.ts';
/** Settings of tools at the top of the project. */
const TOP = '.';

interface Source {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;
const ENVIRONMENT =
  /\bprocess\s*(?:\?\.|\.|\[\s*['"])\s*env\b|\bimport\s*\{[^}]*\benv\b[^}]*\}\s*from\s*['"]node:process['"]/;
/** Comments that begin a line or follow a space: globs in strings look like the start of one. */
const COMMENT = /^\s*\/\*[\s\S]*?\*\/|(?:^|\s)\/\/[^\n]*/gm;

/** The files of the project that a file imports, as paths from the root. */
function importsOf({ path, text }: Source): string[] {
  return Array.from(text.matchAll(IMPORT), ([, , specifier = '']) => {
    if (specifier.startsWith('#')) return specifier.slice(1);
    if (!specifier.startsWith('.')) return '';
    return normalize(join(dirname(path), specifier)).replaceAll(sep, '/');
  }).filter((imported) => imported !== '');
}

const areaOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? TOP) : TOP);
const isPb = (path: string): boolean => path.split('/').includes('pb');
const isTest = (path: string): boolean => /(^|\/)test\//.test(path);

/** What a file does that the rule forbids: one line each. */
function violationsOf(source: Source): string[] {
  const { path } = source;
  const own = areaOf(path);
  const violations = importsOf(source).flatMap((imported) => {
    const reason = whyNot(path, own, imported);
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

async function sources(): Promise<Source[]> {
  const options = { cwd: root, exclude: ['node_modules/**', '.fritzy/**'] };
  const paths = await Array.fromAsync(glob('**/*.{ts,js,mts,mjs,cts,cjs}', options));
  return Promise.all(
    paths.map(async (path) => ({
      path: path.replaceAll(sep, '/'),
      text: await readFile(join(root, path), 'utf8'),
    })),
  );
}

test('no file imports what it must not, and only entry files read the environment', async () => {
  const all = await sources();
  assert.ok(all.length > 80, `only ${all.length} files were found`);
  const areas = new Set(all.map(({ path }) => areaOf(path)));
  const known = new Set([...SERVICES, ...COMPOSERS, PLATFORM, TOP]);
  assert.deepEqual([...areas.difference(known)], [], 'folders that the rule does not know');
  assert.deepEqual(all.filter(({ path }) => path !== SELF).flatMap(violationsOf), []);
});

test('every import inside the project is seen: each names a file that is there', async () => {
  const all = await sources();
  const paths = new Set(all.map(({ path }) => path));
  const imports = all.filter(({ path }) => path !== SELF).flatMap(importsOf);
  assert.ok(imports.length > 300, `only ${imports.length} imports were found`);
  assert.deepEqual(
    imports.filter((imported) => !paths.has(imported)),
    [],
  );
});

/** Whether a text names every service of the table. */
const namesAll = ({ text }: Source): boolean =>
  TABLE.every(({ name }) => new RegExp(`(['"\`])${name}\\1`).test(text));

test('programs and scripts take the services from the table: none names them all', async () => {
  const all = await sources();
  const programs = all.filter(({ path }) => /^(cmd|scripts|testkit|bench)\//.test(path) && !isTest(path));
  assert.deepEqual(
    programs.filter(namesAll).map(({ path }) => path),
    ['cmd/services.ts'],
  );
  assert.ok(
    namesAll({ path: 'cmd/x.ts', text: `const NAMES = ['account', 'catalog', 'order'];` }),
    'known-bad twin',
  );
});

/** The files that are loaded with a file: what it imports without `import()`, and what that imports. */
function loadedWith(path: string, all: ReadonlyMap<string, Source>, seen = new Set<string>()): Set<string> {
  const source = all.get(path);
  if (!source || seen.has(path)) return seen;
  seen.add(path);
  const text = source.text.replaceAll(/^import type [^;]*;/gm, '').replaceAll(/\bimport\(/g, '(');
  for (const imported of importsOf({ path, text })) loadedWith(imported, all, seen);
  return seen;
}

test('the health check, which runs every few seconds, loads the table and no code of a service', async () => {
  const all = new Map((await sources()).map((source) => [source.path, source]));
  const loaded = [...loadedWith('cmd/healthcheck/main.ts', all)];
  assert.ok(loaded.includes('cmd/services.ts'));
  const own = /^(cmd\/(healthcheck\/main|services)|platform\/(errors|ports|run))\.ts$/;
  assert.deepEqual(
    loaded.filter((path) => !own.test(path)),
    [],
  );
  const twin = [
    ...loadedWith(
      'cmd/topics.ts',
      new Map(all).set('cmd/topics.ts', {
        path: 'cmd/topics.ts',
        text: `import { service } from '#account/service.ts';`,
      }),
    ),
  ];
  assert.ok(twin.includes('account/store.ts'), 'known-bad twin: a table that imports a service');
});

const FORBIDDEN: readonly [path: string, text: string][] = [
  ['order/create-order.ts', `import { createStore } from '#catalog/product/store.ts';`],
  ['order/create-order.ts', `import type { Product } from '../catalog/product/product.ts';`],
  ['order/create-order.ts', `export { requireName } from "#account/account.ts";`],
  ['order/create-order.ts', `const { createStore } = await import('#catalog/product/store.ts');`],
  ['order/create-order.ts', `import '#catalog/product/store.ts';`],
  ['order/create-order.ts', `import {\n  a,\n  b,\n} from '#account/store.ts';`],
  ['order/test/order.test.ts', `import { startAccount } from '#account/service.ts';`],
  ['account/store.ts', `import { schema } from '#graphql/graph/schema.ts';`],
  ['graphql/handler.ts', `import { totalOf } from '#order/order.ts';`],
  ['graphql/handler.ts', `import { startTestShop } from '#testkit/shop.ts';`],
  ['graphql/handler.ts', `import { startServices } from '#cmd/fritzy/shop.ts';`],
  ['platform/rpc.ts', `import { AccountService } from '#account/pb/account_pb.js';`],
  ['platform/postgres/pool.ts', `import { x } from '../../order/store.ts';`],
  ['platform/test/rpc.test.ts', `import { accountHandlers } from '#account/rpc.ts';`],
  ['platform/rpc.ts', `import { echo } from './test/echo-service.ts';`],
  ['platform/clock.ts', `import { load } from '../bench/load.ts';`],
  ['cmd/fritzy/main.ts', `import { eventually } from '#testkit/shop.ts';`],
  ['catalog/pb/catalog_pb.js', `import { AppError } from '#platform/errors.ts';`],
  ['catalog/pb/catalog_pb.d.ts', `import type { Product } from '../product.ts';`],
  ['order/rpc.ts', `import { requirePage } from '#platform/input.ts';`],
  ['catalog/rpc.ts', `import { sharePublicReads } from '#platform/group.ts';`],
  ['order/store.ts', `const url = process.env.ORDER_DATABASE_URL;`],
  ['order/store.ts', `const url = process.env['ORDER_DATABASE_URL'];`],
  ['platform/config.ts', `const env = process['env'];`],
  ['platform/config.ts', `import { env } from 'node:process';`],
  ['cmd/fritzy/config.ts', `const port = process.env.PORT;`],
  ['graphql/domain.ts', `const port = process.env.PORT;`],
];

const ALLOWED: readonly [path: string, text: string][] = [
  ['order/create-order.ts', `import { CatalogService } from '#catalog/pb/catalog_pb.js';`],
  [
    'order/create-order.ts',
    `import { AppError } from '#platform/errors.ts';\nimport { totalOf } from './order.ts';`,
  ],
  ['order/rpc.ts', `import { createOrder } from '#order/create-order.ts';`],
  ['graphql/graph/loaders.ts', `import type { Account } from '../../account/pb/account_pb.js';`],
  ['order/test/order.test.ts', `import { startTestShop } from '#testkit/shop.ts';`],
  [
    'order/pb/order_pb.js',
    `import { file } from '../../platform/pb/page_pb.js';\nimport { x } from '@bufbuild/protobuf';`,
  ],
  [
    'cmd/fritzy/shop.ts',
    `import { startOrder } from '#order/service.ts';\nimport { startAccount } from '#account/service.ts';`,
  ],
  ['cmd/fritzy/test/run.test.ts', `import { eventually } from '#testkit/shop.ts';`],
  ['e2e/public-api.test.ts', `import { startTestShop } from '#testkit/shop.ts';`],
  ['order/cmd/server/main.ts', `const config = readConfig(process.env, settings);`],
  ['testkit/postgres.ts', `const url = process.env['FRITZY_TEST_POSTGRES'];`],
  ['platform/config.ts', `// Unlike process.env, which is all text.\n/** Not process.env. */`],
];

suite('the rule catches', () => {
  for (const [path, text] of FORBIDDEN)
    test(`${path}: ${text.replaceAll('\n', ' ')}`, () =>
      assert.equal(violationsOf({ path, text }).length, 1));
});

suite('the rule lets pass', () => {
  for (const [path, text] of ALLOWED)
    test(`${path}: ${text.replaceAll('\n', ' ')}`, () => assert.deepEqual(violationsOf({ path, text }), []));
});
