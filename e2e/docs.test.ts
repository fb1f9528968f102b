import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allTopics } from '#cmd/topics.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * What the documents name exists: files and headings that they link to, paths in their text, targets of the Makefile;
 * docs/operations.md names every metric and docs/events.md every topic. e2e/settings.test.ts and e2e/error-codes.test.ts check the other tables.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = globSync('**/*.md', { cwd: ROOT, exclude: ['node_modules/**', '.fritzy/**', 'e2e/golden/**'] });
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const FENCE = /^```[^]*?^```$/gm;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const HEADING = /^#+ (.+)$/gm;
/** Folders of the project, without those that start with a dot. */
const FOLDERS = readdirSync(ROOT, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name),
);
/** `order/store.ts`, a folder, a pattern such as `order/test/*.ts` or `<service>/pb/topics.ts`. */
const PATH = new RegExp(
  String.raw`(?<![\w./:#-])(?:${FOLDERS.map(({ name }) => name).join('|')}|\*|<service>)(?:/[\w.*-]+)*/(?:[\w.*-]*[\w*])?`,
  'g',
);
const TARGETS = new Set(Array.from(read('Makefile').matchAll(/^([a-z-]+):/gm), ([, name]) => name));

/** The fragment by which GitHub links to a heading. */
const fragmentOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

function headingsOf(text: string): ReadonlySet<string> {
  return new Set(
    Array.from(text.replaceAll(FENCE, '').matchAll(HEADING), ([, title = '']) => fragmentOf(title)),
  );
}

function brokenLinks(page: string, text: string): string[] {
  return Array.from(text.replaceAll(FENCE, '').matchAll(LINK), ([, link = '']) => link).filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = '', fragment] = link.split('#');
    const target = normalize(join(dirname(page), file));
    if (file !== '' && !existsSync(join(ROOT, target))) return true;
    return fragment !== undefined && !headingsOf(file === '' ? text : read(target)).has(fragment);
  });
}

/** Paths from the root of the project or from the folder of a service. */
function missingPaths(text: string): string[] {
  const paths = Array.from(text.replaceAll(LINK, '').matchAll(PATH), ([path]) =>
    path.replace('<service>', '*'),
  );
  return paths.filter((path) => globSync([path, `*/${path}`], { cwd: ROOT }).length === 0);
}

function unknownTargets(text: string): string[] {
  const commands = Array.from(text.matchAll(/`make ([a-z-]+)|^make ([a-z-]+)|&& make ([a-z-]+)/gm));
  return commands.map((groups) => groups.slice(1).find(Boolean) ?? '').filter((name) => !TARGETS.has(name));
}

const problemsOf = (page: string, text: string): string[] =>
  [...brokenLinks(page, text), ...missingPaths(text), ...unknownTargets(text)].map(
    (what) => `${page}: ${what}`,
  );

/** The metrics of every program and of each service that has a `metrics.ts`. */
async function metrics(): Promise<string[]> {
  const { registry } = createTelemetry();
  for (const path of globSync('*/metrics.ts', { cwd: ROOT })) {
    const exported = Object.values<unknown>(await import(join(ROOT, path)));
    for (const register of exported) if (typeof register === 'function') register(registry);
  }
  // Those of the process and of Node come from prom-client.
  const all = await registry.getMetricsAsJSON();
  return all.map(({ name }) => name).filter((name) => !/^(process|nodejs)_/.test(name));
}

const unnamed = (names: readonly string[], text: string): string[] =>
  names.filter((name) => !text.includes(`\`${name}\``));

suite('the documents', () => {
  test('name files, headings and make targets that exist', () => {
    assert.ok(PAGES.length >= 20, `only ${PAGES.length} pages were found`);
    assert.deepEqual(
      PAGES.flatMap((page) => problemsOf(page, read(page))),
      [],
    );
  });

  test('known-bad twins: each kind of missing name is caught', () => {
    const twins = [
      '[a file](missing.md)',
      '[a heading](api.md#missing)',
      '[its own heading](#missing)',
      'See `order/missing.ts`.',
      'See `<service>/pb/missing.ts`.',
      'Run `make missing`.',
      '```sh\nmake missing\nnode bench/missing.ts\n```',
    ];
    assert.deepEqual(
      twins.map((twin) => problemsOf('docs/twin.md', twin).length),
      [1, 1, 1, 1, 1, 1, 2],
    );
    assert.deepEqual(
      problemsOf('docs/twin.md', '# Its own\n[a](#its-own) [b](api.md#errors) `order/store.ts`'),
      [],
    );
  });

  test('docs/operations.md names every metric', async () => {
    const names = await metrics();
    const operations = read('docs/operations.md');
    assert.ok(names.length >= 15, `only ${names.length} metrics were found`);
    assert.ok(names.includes('fritzy_search_engine_up'), 'those of the catalog');
    assert.deepEqual(unnamed(names, operations), []);
    assert.deepEqual(
      unnamed([...names, 'fritzy_twins_total'], operations),
      ['fritzy_twins_total'],
      'known-bad twin',
    );
  });

  test('docs/events.md names every topic', async () => {
    const names = await allTopics();
    const events = read('docs/events.md');
    assert.deepEqual(unnamed(names, events), []);
    assert.deepEqual(unnamed([...names, 'twin.events'], events), ['twin.events'], 'known-bad twin');
  });
});
