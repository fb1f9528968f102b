import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { welcome } from '#cmd/fritzy/welcome.ts';
import { messageOf } from '#platform/errors.ts';
import { READY } from '#platform/health.ts';
import { prepareFolder } from '#platform/postgres/data-folder.ts';
import { lockFolder } from '#platform/postgres/folder-lock.ts';
import { run } from '#platform/run.ts';
import { identityOf, processFile, type ProcessFile } from '#scripts/process-record.ts';
import { requireEngines } from '#scripts/run-all/engines.ts';
import { runAllConfig, type RunAllConfig, type ServiceProgram } from '#scripts/run-all/services.ts';
import { supervise, type Supervisor } from '#scripts/run-all/supervise.ts';
import { stopRecorded } from '#scripts/stop-recorded.ts';

/**
 * `make run-all`: every service in a process of its own, gRPC between them. One Ctrl-C ends them in order, a second one
 * at once. What runs is noted in `.fritzy/run-all/processes.json`, for `make stop` and for the next start.
 */
const READY_POLL_MS = 200;
const READY_TIMEOUT_MS = 3_000;
/** After so long it is said what is missing. */
const SLOW_MS = 30_000;
const LEFTOVER_TIMEOUT_MS = 20_000;

await run(async (stack, stopping) => {
  // A closed terminal, or a reader of its lines that went away, ends it as Ctrl-C does: nobody would look after them.
  // Once: a second signal kills, and every line that it says while it stops fails anew.
  let isEnding = false;
  const endSelf = (): void => {
    if (!isEnding) process.kill(process.pid, 'SIGTERM');
    isEnding = true;
  };
  process.on('SIGHUP', endSelf);
  process.stdout.on('error', endSelf);
  const config = runAllConfig(process.env, process.stdout.isTTY);
  const folder = resolve(config.folder, 'run-all');
  prepareFolder(folder);
  stack.use(lockFolder(folder));
  const file = processFile(folder);
  await stopLeftovers(file);
  await requireEngines(process.env, stopping);
  if (stopping.aborted) return undefined;

  const self = { name: 'run-all', pid: process.pid, identity: identityOf(process.pid) ?? '' };
  stack.defer(() => file.remove());
  const supervisor = supervise({
    services: config.services,
    nodeFlags: readFileSync(join(import.meta.dirname, '../cmd/fritzy/node-flags'), 'utf8')
      .trim()
      .split(/\s+/),
    output: process.stdout,
    hasColors: process.stdout.hasColors?.() ?? false,
    onChange: (running) =>
      file.write([self, ...running.map((each) => ({ ...each, identity: identityOf(each.pid) ?? '' }))]),
  });
  stack.defer(() => stopAll(supervisor));
  const watching = new AbortController();
  stack.defer(() => watching.abort());
  void announce(supervisor, config, watching.signal);
  return { failed: supervisor.allGivenUp.then(() => 'every service was given up: see above.') };
});

/** What a killed `make run-all` left: it would hold the ports. */
async function stopLeftovers(file: ProcessFile): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`--> ${line}: left by one that was killed\n`);
  for (const record of file.read().toReversed()) await stopRecorded(record, LEFTOVER_TIMEOUT_MS, say);
}

async function stopAll(supervisor: Supervisor): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, supervisor.kill);
  supervisor.say('stopping, from the gateway inwards; once more Ctrl-C kills');
  await supervisor.stop();
  for (const signal of signals) process.off(signal, supervisor.kill);
  if (supervisor.givenUp().length > 0) process.exitCode = 1;
}

/** Says when the shop is open, and what it waits for if that takes long. */
async function announce(
  supervisor: Supervisor,
  { host, port, services }: RunAllConfig,
  signal: AbortSignal,
): Promise<void> {
  const slowAt = performance.now() + SLOW_MS;
  let isSlow = false;
  while (!signal.aborted) {
    const problems = await Promise.all(services.map((service) => problemOf(service, signal)));
    const found = problems.filter((problem) => problem !== undefined);
    if (found.length === 0) {
      process.stdout.write(
        welcome({ host, port, folder: undefined, playground: process.env['NODE_ENV'] !== 'production' }),
      );
      return;
    }
    if (!isSlow && performance.now() > slowAt) {
      isSlow = true;
      supervisor.say(`still not ready after ${SLOW_MS / 1_000} s: ${found.join('; ')}`);
    }
    await rest(READY_POLL_MS);
  }
}

/** Undefined if the program and all that it calls are ready, otherwise why not. */
async function problemOf(
  { name, readyUrl }: ServiceProgram,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(readyUrl, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]),
    });
    const text = await response.text();
    return response.ok && text === READY ? undefined : `${name}: ${text.trim()}`;
  } catch (error) {
    return `${name}: ${messageOf(error)}`;
  }
}
