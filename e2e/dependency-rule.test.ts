import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SERVICES as TABLE } from '#cmd/services.ts';
import { COMPOSERS, PLATFORM, SERVICES, violationsOf } from './dependency-rule.ts';
import { unknownSubfolders, useCasesOf } from './service-layers.ts';
import { areaOf, importsOf, isTest, readSources, TOP, type Source } from './sources.ts';

/** This file: its made-up imports are text. */
const SELF = 'e2e/dependency-rule.test.ts';

const LINT_CONFIG = fileURLToPath(new URL('../.oxlintrc.json', import.meta.url));
const OXLINT = fileURLToPath(new URL('../node_modules/.bin/oxlint', import.meta.url));
const LINT_TIMEOUT_MS = 60_000;

const all = await readSources();
const useCases = useCasesOf(all);

test('no file imports what it must not, and only entry files read the environment', () => {
  assert.ok(all.length > 80, `only ${all.length} files were found`);
  const areas = new Set(all.map(({ path }) => areaOf(path)));
  const known = new Set([...SERVICES, ...COMPOSERS, PLATFORM, TOP]);
  assert.deepEqual([...areas.difference(known)], [], 'folders that the rule does not know');
  assert.deepEqual(unknownSubfolders(all), [], 'subfolders that the rule does not know');
  const twin = { path: 'catalog/stock/stock.ts', text: '' };
  assert.deepEqual(unknownSubfolders([twin]), ['catalog/stock'], 'known-bad twin');
  assert.ok(useCases.size > 15, `only ${useCases.size} use cases were found`);
  assert.deepEqual(
    all.filter(({ path }) => path !== SELF).flatMap((source) => violationsOf(source, useCases)),
    [],
  );
});

test('every import inside the project is seen: each names a file that is there', () => {
  const paths = new Set(all.map(({ path }) => path));
  const imports = all.filter(({ path }) => path !== SELF).flatMap(importsOf);
  assert.ok(imports.length > 300, `only ${imports.length} imports were found`);
  assert.deepEqual(
    imports.filter((imported) => !paths.has(imported)),
    [],
  );
});

/** What `make lint` prints about two files. */
function lint(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fritzy-circle-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const args = [`--config=${LINT_CONFIG}`, '--deny-warnings', '--format=unix', '.'];
    const { stdout, stderr } = spawnSync(OXLINT, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: LINT_TIMEOUT_MS,
    });
    assert.equal(stderr, '');
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('make lint refuses circular imports, also if they import only types', () => {
  const order = `import type { Line } from './line.ts';\nexport interface Order {\n  lines: Line[];\n}\n`;
  const line = `export interface Line {\n  quantity: number;\n}\n`;
  assert.doesNotMatch(lint({ 'order.ts': order, 'line.ts': line }), /no-cycle/);
  const circle = `import type { Order } from './order.ts';\nexport interface Line {\n  order: Order;\n}\n`;
  assert.match(lint({ 'order.ts': order, 'line.ts': circle }), /line\.ts:.*no-cycle/);
});

/** Whether a text names every service of the table. */
const namesAll = ({ text }: Source): boolean =>
  TABLE.every(({ name }) => new RegExp(`(['"\`])${name}\\1`).test(text));

test('programs and scripts take the services from the table: none names them all', () => {
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
function loadedWith(
  path: string,
  byPath: ReadonlyMap<string, Source>,
  seen = new Set<string>(),
): Set<string> {
  const source = byPath.get(path);
  if (!source || seen.has(path)) return seen;
  seen.add(path);
  const text = source.text.replaceAll(/^import type [^;]*;/gm, '').replaceAll(/\bimport\(/g, '(');
  for (const imported of importsOf({ path, text })) loadedWith(imported, byPath, seen);
  return seen;
}

test('the health check, which runs every few seconds, loads the table and no code of a service', () => {
  const byPath = new Map(all.map((source) => [source.path, source]));
  const loaded = [...loadedWith('cmd/healthcheck/main.ts', byPath)];
  assert.ok(loaded.includes('cmd/services.ts'));
  const own = /^(cmd\/(healthcheck\/main|services)|platform\/(errors|ports|run))\.ts$/;
  assert.deepEqual(
    loaded.filter((path) => !own.test(path)),
    [],
  );
  const twin = [
    ...loadedWith(
      'cmd/topics.ts',
      new Map(byPath).set('cmd/topics.ts', {
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
  ['order/create-order.ts', `import { orderHandlers } from '#order/rpc.ts';`],
  ['order/events.ts', `import { startOrder } from '#order/service.ts';`],
  ['order/rpc.ts', `import { orderSettings } from '#order/config.ts';`],
  ['order/store.ts', `import { orderHandlers } from '#order/rpc.ts';`],
  ['order/store.ts', `import type { CreateOrderDeps } from '#order/create-order.ts';`],
  ['order/list-store.ts', `import { getOrder } from './get-orders.ts';`],
  ['catalog/product/store.ts', `import { getProducts } from '#catalog/product/get-products.ts';`],
  ['catalog/category/store.ts', `import type { Product } from '#catalog/product/product.ts';`],
  ['catalog/category/get-categories.ts', `import { createIndex } from '#catalog/search/product-index.ts';`],
  ['catalog/product/store.ts', `import { SYNONYMS } from '../search/synonyms.ts';`],
  ['catalog/product/get-products.ts', `import { createSales } from '#catalog/sales/store.ts';`],
  ['catalog/search/search-products.ts', `import type { Sales } from '#catalog/sales/store.ts';`],
  ['catalog/sales/store.ts', `import { tokens } from '#catalog/search/search-terms.ts';`],
  ['catalog/stock/store.ts', `import type { Product } from '#catalog/product/product.ts';`],
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
  ['catalog/product/create-product.ts', `import { createStore } from '#catalog/category/store.ts';`],
  ['catalog/search/search-products.ts', `import type { ProductStore } from '#catalog/product/store.ts';`],
  ['catalog/product/create-product.ts', `import { catalogEvent } from '#catalog/events.ts';`],
  ['catalog/cmd/reindex/config.ts', `import { catalogSettings } from '#catalog/config.ts';`],
  [
    'order/list-store.ts',
    `import { COLUMNS } from '#order/store.ts';\nimport { totalOf } from '#order/order.ts';`,
  ],
  ['order/test/store.test.ts', `import { orderHandlers } from '#order/rpc.ts';`],
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
      assert.equal(violationsOf({ path, text }, useCases).length, 1));
});

suite('the rule lets pass', () => {
  for (const [path, text] of ALLOWED)
    test(`${path}: ${text.replaceAll('\n', ' ')}`, () =>
      assert.deepEqual(violationsOf({ path, text }, useCases), []));
});
