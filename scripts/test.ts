import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENGINES, TITLES, installProblem } from '#testkit/engine-cache.ts';
import { engineSetting, openTestEngine } from '#testkit/engines.ts';
import { startScratchServer } from '#testkit/postgres.ts';

/**
 * Starts a PostgreSQL and runs the tests on it: node scripts/test.ts [--coverage | --engines] [--long] [folder or file …].
 * The default is all tests. *.engines.test.ts files need Kafka, Elasticsearch, OpenSearch or Redis. --engines runs only
 * these files, sequentially, with one instance of each engine; without it they are excluded. --long runs the full number
 * of rounds (testkit/rounds.ts).
 */
const LINES_MIN = 85;
/** The timeout of the run, several times its usual duration: stops a hanging file and still reports the other results. */
const RUN_TIMEOUT_MS = 1_800_000;
/** The timeouts of one test. */
const TEST_TIMEOUT_MS = 300_000;
const ENGINES_TEST_TIMEOUT_MS = 900_000;
/** --long multiplies all timeouts by this factor. */
const LONG_FACTOR = 6;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { coverage: { type: 'boolean' }, engines: { type: 'boolean' }, long: { type: 'boolean' } },
  allowPositionals: true,
});

const timeoutFactor = values.long ? LONG_FACTOR : 1;
const runTimeoutMs = RUN_TIMEOUT_MS * timeoutFactor;
const ENGINES_SUFFIX = '.engines.test.ts';
const suffix = values.engines ? ENGINES_SUFFIX : '.test.ts';
const patterns =
  positionals.length > 0
    ? positionals.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*${suffix}`))
    : [`**/*${suffix}`];
const found = await Array.fromAsync(glob(patterns, { cwd: root, exclude: ['node_modules/**'] }));
const files = found.filter((path) => path.endsWith(ENGINES_SUFFIX) === (values.engines ?? false)).sort();
if (files.length === 0) {
  console.error(`fritzy: no test file *${suffix} matches ${patterns.join(' ')}`);
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
    `--test-timeout=${(values.engines ? ENGINES_TEST_TIMEOUT_MS : TEST_TIMEOUT_MS) * timeoutFactor}`,
    `--test-concurrency=${values.engines ? 1 : 2}`,
    '--test-reporter=spec',
    ...coverage,
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env },
);
const stop = (): void => void child.kill('SIGTERM');
const timeout = setTimeout(() => {
  console.error(`fritzy: the tests did not finish within ${runTimeoutMs / 60_000} minutes: stopped`);
  stop();
}, runTimeoutMs);
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
const [code] = (await once(child, 'exit')) as [number | null];
clearTimeout(timeout);
process.removeListener('SIGINT', stop);
process.removeListener('SIGTERM', stop);
process.exitCode = code ?? 1;

/** Starts one instance of each installed engine. Tests that need another engine are skipped; in CI they fail. */
async function startEngines(): Promise<void> {
  for (const kind of ENGINES) {
    if (env[engineSetting(kind)]) continue;
    const problem = installProblem(kind);
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
