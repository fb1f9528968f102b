import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENGINES, TITLES, whatIsMissing } from '#testkit/engine-cache.ts';
import { engineSetting, openTestEngine } from '#testkit/engines.ts';
import { startScratchServer } from '#testkit/postgres.ts';

/**
 * Runs the tests on one real PostgreSQL that it starts: node scripts/test.ts [--coverage | --engines] [--long] [folder or file …].
 * Without folders: all tests. Files called *.engines.test.ts need Kafka, Elasticsearch, OpenSearch or Redis: --engines
 * runs exactly those, one at a time, with one of each engine for all of them; without it they are left out.
 * --long repeats kills in full (testkit/rounds.ts), which takes longer.
 */
const LINES_MIN = 85;
/** Several times what all tests take: a file that hangs is ended, and the run tells what passed until then. */
const RUN_MS_MAX = 1_800_000;
/** Of one test, for the same reason. */
const TEST_MS_MAX = 300_000;
const ENGINES_TEST_MS_MAX = 900_000;
/** With --long both bounds are so many times as high. */
const LONG = 6;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { coverage: { type: 'boolean' }, engines: { type: 'boolean' }, long: { type: 'boolean' } },
  allowPositionals: true,
});

const timesAsLong = values.long ? LONG : 1;
const runMsMax = RUN_MS_MAX * timesAsLong;
const ENDING = '.engines.test.ts';
const ending = values.engines ? ENDING : '.test.ts';
const patterns =
  positionals.length > 0
    ? positionals.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*${ending}`))
    : [`**/*${ending}`];
const found = await Array.fromAsync(glob(patterns, { cwd: root, exclude: ['node_modules/**'] }));
const files = found.filter((path) => path.endsWith(ENDING) === (values.engines ?? false)).sort();
if (files.length === 0) {
  console.error(`fritzy: no file of tests called *${ending} among ${patterns.join(' ')}`);
  process.exit(1);
}
const coverage = values.coverage
  ? [
      '--experimental-test-coverage',
      `--test-coverage-lines=${LINES_MIN}`,
      ...['**/test/**', 'testkit/**', 'e2e/**', 'bench/**', 'scripts/**', '**/pb/**'].map(
        (path) => `--test-coverage-exclude=${path}`,
      ),
    ]
  : [];

await using engines = new AsyncDisposableStack();
const env: NodeJS.ProcessEnv = { ...process.env };
if (values.long) env['FRITZY_TEST_LONG'] = '1';
env['FRITZY_TEST_POSTGRES'] = engines.use(await startScratchServer()).url;
if (values.engines) await startEngines();
const child = spawn(
  process.execPath,
  [
    '--test',
    `--test-timeout=${(values.engines ? ENGINES_TEST_MS_MAX : TEST_MS_MAX) * timesAsLong}`,
    `--test-concurrency=${values.engines ? 1 : 2}`,
    '--test-reporter=spec',
    ...coverage,
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env },
);
const stop = (): void => void child.kill('SIGTERM');
const late = setTimeout(() => {
  console.error(`fritzy: the tests have not ended within ${runMsMax / 60_000} minutes, and are ended now`);
  stop();
}, runMsMax);
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
const [code] = (await once(child, 'exit')) as [number | null];
clearTimeout(late);
process.removeListener('SIGINT', stop);
process.removeListener('SIGTERM', stop);
process.exitCode = code ?? 1;

/** One of each that can be had; the tests that miss the others say so, or fail in CI. */
async function startEngines(): Promise<void> {
  for (const kind of ENGINES) {
    if (env[engineSetting(kind)]) continue;
    const problem = whatIsMissing(kind);
    if (problem !== false) {
      console.log(problem);
      continue;
    }
    const startedMs = performance.now();
    const { url } = engines.use(await openTestEngine(kind));
    env[engineSetting(kind)] = url;
    console.log(`${TITLES[kind]}: ${url} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`);
  }
}
