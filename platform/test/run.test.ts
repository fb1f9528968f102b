import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Each program runs in its own process, because signals and exit statuses are under test. */
const RUN = fileURLToPath(new URL('../run.ts', import.meta.url));
const ERRORS = fileURLToPath(new URL('../errors.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

const HEAD = `
import { run } from ${JSON.stringify(RUN)};
import { StartError } from ${JSON.stringify(ERRORS)};
const say = (text) => void process.stdout.write(text + '\\n');
`;
/** Holds two nested resources and an open timer that only disposal ends. */
const STARTED = `
  const timer = setInterval(() => {}, 1_000);
  stack.defer(async () => { clearInterval(timer); say('first released'); });
  stack.defer(async () => { await new Promise(setImmediate); say('second released'); });
`;

interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program and sends a signal after it has printed `ready`. */
async function outcomeOf(program: string, signal?: NodeJS.Signals): Promise<Outcome> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HEAD + program], { cwd: root });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (signal && text.includes('ready')) child.kill(signal);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [status, by] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  return { status, signal: by, out, err };
}

/** The program ends, releases its resources in reverse order, and exits with status 0. */
function assertEndsInOrder(outcome: Outcome): void {
  assert.deepEqual(outcome, {
    status: 0,
    signal: null,
    out: 'ready\nsecond released\nfirst released\n',
    err: '',
  });
}

suite('a program', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`ends in order with status 0 on ${signal}`, async () => {
      const program = `await run(async (stack) => { ${STARTED} say('ready'); });`;
      assertEndsInOrder(await outcomeOf(program, signal));
      // Known-bad twin: the same without `run`, which the signal kills.
      const twin = `const stack = new AsyncDisposableStack(); ${STARTED} say('ready');`;
      const outcome = await outcomeOf(twin, signal);
      assert.equal(outcome.signal, signal);
      assert.throws(() => assertEndsInOrder(outcome), { name: 'AssertionError' });
    });
  }

  test('that receives a signal while it starts ends when it has started', async () => {
    const outcome = await outcomeOf(
      `await run(async (stack) => {
        ${STARTED}
        const signalled = new Promise((resolve) => process.once('SIGTERM', resolve));
        say('ready');
        await signalled;
      });`,
      'SIGTERM',
    );
    assertEndsInOrder(outcome);
  });

  test('that cannot start prints one line with the reason, releases its resources and exits with status 1', async () => {
    const { status, out, err } = await outcomeOf(
      `await run(async (stack) => { ${STARTED} throw new StartError('port 8000 is in use: set PORT to another.'); });`,
    );
    assert.equal(err, 'fritzy: port 8000 is in use: set PORT to another.\n');
    assert.equal(out, 'second released\nfirst released\n');
    assert.equal(status, 1);
  });

  test('with a bug prints its stack and exits with status 1', async () => {
    const { status, out, err } = await outcomeOf(
      `await run(async (stack) => { ${STARTED} throw new TypeError('a bug'); });`,
    );
    assert.match(err, /^TypeError: a bug\n {4}at /);
    assert.equal(out, 'second released\nfirst released\n');
    assert.equal(status, 1);
  });

  test('with a component that fails later prints the reason, releases its resources and exits with status 1', async () => {
    const { status, out, err } = await outcomeOf(
      `await run(async (stack) => { ${STARTED} return { failed: new Promise((resolve) => setImmediate(resolve, 'PostgreSQL ended.')) }; });`,
    );
    assert.equal(err, 'fritzy: PostgreSQL ended.\n');
    assert.equal(out, 'second released\nfirst released\n');
    assert.equal(status, 1);
  });

  test('that fails to release a resource reports it, releases the others and exits with status 1', async () => {
    const { status, out, err } = await outcomeOf(
      `await run(async (stack) => { ${STARTED} stack.defer(() => { throw new Error('stuck'); }); say('ready'); });`,
      'SIGTERM',
    );
    assert.match(err, /^Error: stuck\n/);
    assert.equal(out, 'ready\nsecond released\nfirst released\n');
    assert.equal(status, 1);
  });
});
