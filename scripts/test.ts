import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startScratchServer } from '#testkit/postgres.ts';

/**
 * Runs the tests on one real PostgreSQL that it starts: node scripts/test.ts [--coverage] [folder or file …].
 * Without folders: all tests.
 */
const LINES_MIN = 85;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { coverage: { type: 'boolean' } },
  allowPositionals: true,
});

const patterns =
  positionals.length > 0
    ? positionals.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.test.ts`))
    : ['**/*.test.ts'];
const files = (await Array.fromAsync(glob(patterns, { cwd: root, exclude: ['node_modules/**'] }))).sort();
const coverage = values.coverage
  ? [
      '--experimental-test-coverage',
      `--test-coverage-lines=${LINES_MIN}`,
      ...['**/test/**', 'testkit/**', 'e2e/**', 'bench/**', 'scripts/**', '**/pb/**'].map(
        (path) => `--test-coverage-exclude=${path}`,
      ),
    ]
  : [];

await using server = await startScratchServer();
const child = spawn(
  process.execPath,
  ['--test', '--test-timeout=300000', '--test-concurrency=2', '--test-reporter=spec', ...coverage, ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FRITZY_TEST_POSTGRES: server.url } },
);
const stop = (): void => void child.kill('SIGTERM');
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
const [code] = (await once(child, 'exit')) as [number | null];
process.removeListener('SIGINT', stop);
process.removeListener('SIGTERM', stop);
process.exitCode = code ?? 1;
