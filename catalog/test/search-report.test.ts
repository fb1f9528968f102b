import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { readQueries } from '#catalog/cmd/search-report/read-queries.ts';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { startCatalog } from '#catalog/service.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';
import { runReport } from './search-report-program.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const folder = mkdtempSync(join(tmpdir(), 'search-report-'));
stack.defer(() => rmSync(folder, { recursive: true }));
const bench = await openServiceBench('catalog', stack);
const { implementation } = await startCatalog({ databaseUrl: bench.url }, bench.deps, stack);
const catalog: Client<typeof CatalogService> = inProcess(implementation);

const ids = new Map<string, string>();
for (const name of ['Peridot Ring', 'Desk Lamp', 'Lamp', 'Wall Clock | Oak', '김치 냉장고', 'Old Kettle']) {
  const { product } = await catalog.createProduct({ name }, testCall());
  ids.set(name, product?.id ?? '');
}
const idOf = (name: string): string => ids.get(name) ?? assert.fail(name);
await catalog.archiveProduct({ id: idOf('Old Kettle') }, testCall());

function report(content: string, env: Readonly<Record<string, string>> = {}) {
  const file = join(folder, 'queries.csv');
  writeFileSync(file, content);
  return runReport({ FILE: file, CATALOG_DATABASE_URL: bench.url, ...env });
}

/** The fields of the rows of a report in CSV, without its header. */
async function rowsOf(content: string): Promise<string[]> {
  const { status, stdout, stderr } = await report(content, { FORMAT: 'csv' });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n').slice(1);
}

suite('the search report', () => {
  test('shows rank, reciprocal rank, first hit and what was corrected', async () => {
    const rows = await rowsOf(
      [
        'query,expected',
        'lamp,Desk Lamp',
        'perdiot,Peridot Ring',
        'shiny peridot ring,Peridot Ring',
        'sofa,Lamp',
        '"desk, lamp","Desk Lamp"',
        '김치,김치 냉장고',
      ].join('\n'),
    );
    assert.deepEqual(rows, [
      'lamp,postgresql,2,0.5000,Lamp,all,',
      'perdiot,postgresql,1,1.0000,Peridot Ring,corrected,peridot',
      'shiny peridot ring,postgresql,1,1.0000,Peridot Ring,most,',
      'sofa,postgresql,,0.0000,,none,',
      '"desk, lamp",postgresql,1,1.0000,Desk Lamp,all,',
      '김치,postgresql,1,1.0000,김치 냉장고,all,',
    ]);
  });

  test('known-bad twin: of two expected products, the second hit is not reported as the first', async () => {
    assert.deepEqual(await rowsOf('query,expected\nlamp,Lamp'), ['lamp,postgresql,1,1.0000,Lamp,all,']);
    assert.deepEqual(await rowsOf('query,expected\nlamp,Desk Lamp'), ['lamp,postgresql,2,0.5000,Lamp,all,']);
  });

  test('any of several expected products is right: in several rows, with |, by id or by a name that has |', async () => {
    const first = ['lamp,postgresql,1,1.0000,Lamp,all,'];
    assert.deepEqual(await rowsOf('query,expected\nlamp,Desk Lamp\nlamp,Lamp\n'), first);
    assert.deepEqual(await rowsOf(`query,expected\nlamp,Desk Lamp | ${idOf('Lamp').toUpperCase()}`), first);
    assert.deepEqual(await rowsOf('expected,query\r\nWall Clock | Oak,clock\r\n'), [
      'clock,postgresql,1,1.0000,Wall Clock | Oak,all,',
    ]);
  });

  test('prints aligned text with a summary, also for names of wide letters', async () => {
    const { status, stdout } = await report(
      'query,expected\nlamp,Desk Lamp\n김치,김치 냉장고\nperdiot,Peridot Ring',
    );
    assert.equal(status, 0);
    assert.equal(
      stdout,
      `query    backend     rank    RR  first hit     matched
lamp     postgresql     2  0.50  Lamp          all
김치     postgresql     1  1.00  김치 냉장고   all
perdiot  postgresql     1  1.00  Peridot Ring  corrected: peridot

backend     queries  first hit right    MRR
postgresql        3  2 (66.7 %)       0.833
MRR: mean of the reciprocal ranks (RR). A product after the first 100 hits has RR 0.
`,
    );
  });

  test('only reads: a role that can only read suffices', async () => {
    const role = `reader_${randomBytes(6).toString('hex')}`;
    await bench.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    stack.defer(async () => void (await bench.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    await bench.rows(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(bench.url);
    Object.assign(url, { username: role, password: 'reader' });
    const env = { CATALOG_DATABASE_URL: url.href };
    assert.match((await report('query,expected\nperdiot,Peridot Ring', env)).stdout, /corrected: peridot/);
    await using stackOfTwin = new AsyncDisposableStack();
    const twin = startCatalog({ databaseUrl: url.href }, bench.deps, stackOfTwin);
    await assert.rejects(twin, /permission denied/, 'known-bad twin: a program that writes');
  });

  for (const [what, content, problem] of [
    ['a file without a header', 'lamp,Lamp', /its header has no column query\. The first line must be/],
    ['an empty file', '', /has no query/],
    ['an empty query', 'query,expected\nlamp,Lamp\n ,Lamp', /line 3: the query is empty/],
    ['an empty expected product', 'query,expected\nlamp,', /line 2: the expected product is empty/],
    ['a long query', `query,expected\n${'a'.repeat(1_001)},Lamp`, /line 2: the query has more than 1000/],
    ['a row with too few fields', 'query,expected\nlamp', /is not valid CSV: .* line 2/],
    ['an unclosed quote', 'query,expected\n"lamp,Lamp', /is not valid CSV/],
    ['too many rows', 'query,expected\n'.padEnd(120_000, 'lamp,Lamp\n'), /at most 10000 are allowed/],
  ] as const)
    test(`rejects ${what}`, async () => {
      const file = join(folder, 'wrong.csv');
      writeFileSync(file, content);
      await assert.rejects(readQueries(file), { name: 'StartError', message: problem });
    });

  const valid = 'query,expected\nlamp,Lamp';
  for (const [what, content, problem, env] of [
    ['a missing file', valid, /^fritzy: FILE=\S+ cannot be read: ENOENT/, { FILE: '/nonexistent.csv' }],
    ['no FILE', valid, /^fritzy: FILE is missing/, { FILE: '' }],
    [
      'products that are unknown or archived',
      'query,expected\nlamp,Lamp|Lampp\nkettle,Old Kettle',
      /line 2: no product on sale .*"Lampp"\nline 3: no product on sale .*"Old Kettle"/,
      {},
    ],
    [
      'another language than that of the shop',
      valid,
      /has no search tables of this version for SEARCH_LANGUAGE=dutch/,
      { SEARCH_LANGUAGE: 'dutch' },
    ],
    [
      'no running shop',
      valid,
      /no catalog database found: start the shop with make run/,
      { CATALOG_DATABASE_URL: '', FRITZY_DATA: '/nonexistent' },
    ],
    ['an unreachable engine', valid, /ECONNREFUSED|connect/, { SEARCH_URL: 'http://127.0.0.1:9' }],
  ] as const)
    test(`exits with status 1 and one reason for ${what}`, async () => {
      const { status, stdout, stderr } = await report(content, env);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, problem);
      assert.doesNotMatch(stderr, /\n +at /, 'no stack');
    });
});
