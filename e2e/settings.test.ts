import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { searchReportSettings } from '#catalog/cmd/search-report/config.ts';
import { dlqSettings } from '#cmd/dlq/config.ts';
import { fritzySettings } from '#cmd/fritzy/config.ts';
import { rotateKeysSettings } from '#cmd/rotate-keys/config.ts';
import { tokenSettings } from '#cmd/token/config.ts';
import { migrateSettings } from '#cmd/migrate/config.ts';
import { GATEWAY, SERVICES } from '#cmd/services.ts';
import type { Settings } from '#platform/config.ts';
import { settingsOf } from '#platform/service.ts';
import { runAllSettings } from '#scripts/run-all/services.ts';

/** Compares every setting of every program with the tables in the documentation. */

const services = await Promise.all(SERVICES.map(async ({ load }) => settingsOf((await load()).service)));
const settings: Settings = Object.assign(
  {},
  runAllSettings,
  dlqSettings,
  searchReportSettings,
  migrateSettings,
  tokenSettings,
  rotateKeysSettings,
  ...services,
  (await GATEWAY.load()).settings,
  await fritzySettings(),
);

const docs = new URL('../docs/', import.meta.url);
const pages = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(new URL(name, docs), 'utf8'));
const operations = readFileSync(new URL('operations.md', docs), 'utf8');

/** The settings that no page mentions. */
const undocumented = (all: Settings, texts: readonly string[]): string[] =>
  Object.keys(all).filter((name) => !texts.some((text) => new RegExp(`\`${name}(?:=[^\`]*)?\``).test(text)));

/** The documented defaults, by setting. */
function defaultsIn(text: string): ReadonlyMap<string, string> {
  const rows = text.matchAll(/^\| `([A-Z][A-Z_]*)` \|(?: [a-z, ]+ \|)? ([^|]*?) ?\| [^|]+ \|$/gm);
  return new Map(Array.from(rows, ([, name = '', value = '']) => [name, value]));
}

/** The rows whose default differs from that of the program. */
function wrongDefaults(text: string): string[] {
  return [...defaultsIn(text)].flatMap(([name, written]) => {
    // The tables show strings without quotes and lists without brackets.
    const expected = JSON.stringify(settings[name]?.default ?? '').replaceAll(/["[\]]/g, '');
    return written === expected ? [] : [`${name}: ${written}, but the default is ${expected}`];
  });
}

suite('settings', () => {
  test('each has a one-sentence description', () => {
    const wrong = Object.entries(settings).filter(([, { desc = '' }]) => !/^[A-Z].{10,}[\w.…/)]$/.test(desc));
    assert.deepEqual(wrong, []);
  });

  test('each is documented', () => {
    assert.deepEqual(undocumented(settings, pages), []);
    assert.deepEqual(
      undocumented({ ...settings, TWIN_MAX: settings['PORT'] ?? assert.fail() }, pages),
      ['TWIN_MAX'],
      'known-bad twin',
    );
  });

  test('docs/operations.md has the default of each setting in its tables', () => {
    assert.ok(defaultsIn(operations).size >= 15, `${defaultsIn(operations).size} rows were found`);
    assert.deepEqual(wrongDefaults(operations), []);
    const twin = operations.replace('| `REQUEST_TIMEOUT_MS` | 10000 |', '| `REQUEST_TIMEOUT_MS` | 9000 |');
    assert.equal(wrongDefaults(twin).length, 1, 'known-bad twin');
  });
});
