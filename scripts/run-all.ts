import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
 * `make run-all`: runs each service in its own process, with gRPC between them. Ctrl-C stops them in order; a second
 * Ctrl-C kills them. `.fritzy/run-all/processes.json` lists the running processes for `make stop` and the next start.
 */
const READY_POLL_MS = 200;
const READY_TIMEOUT_MS = 3_000;
/** After this time, one line names the services that are not ready. */
const SLOW_START_MS = 30_000;
const LEFTOVER_TIMEOUT_MS = 20_000;

await run(async (stack, stopping) => {
  // A closed terminal or output pipe stops the services as Ctrl-C does. Only one signal is sent: a second would kill the
  // services, and each line written during the stop raises another output error.
  let isStopping = false;
  const stopSelf = (): void => {
    if (!isStopping) process.kill(process.pid, 'SIGTERM');
    isStopping = true;
  };
  process.on('SIGHUP', stopSelf);
  process.stdout.on('error', stopSelf);
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
  const waiting = new AbortController();
  stack.defer(() => waiting.abort());
  void announceReady(supervisor, config, waiting.signal);
  return { failed: supervisor.allAbandoned.then(() => 'all services were abandoned: see the lines above.') };
});

/** Stops the services of a killed `make run-all`, which would occupy the ports. */
async function stopLeftovers(file: ProcessFile): Promise<void> {
  const log = (line: string): void =>
    void process.stdout.write(`--> ${line}, left running by a killed make run-all\n`);
  for (const record of file.read().toReversed()) await stopRecorded(record, LEFTOVER_TIMEOUT_MS, log);
}

async function stopAll(supervisor: Supervisor): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, supervisor.kill);
  supervisor.log('stopping all services, the gateway first; press Ctrl-C again to kill them');
  await supervisor.stop();
  for (const signal of signals) process.off(signal, supervisor.kill);
  if (supervisor.abandoned().length > 0) process.exitCode = 1;
}

/** Prints the start message when all services are ready; after SLOW_START_MS, one line names those that are not. */
async function announceReady(
  supervisor: Supervisor,
  { host, port, folder, services }: RunAllConfig,
  signal: AbortSignal,
): Promise<void> {
  const slowAt = performance.now() + SLOW_START_MS;
  let isSlow = false;
  while (!signal.aborted) {
    const problems = await Promise.all(services.map((service) => problemOf(service, signal)));
    const found = problems.filter((problem) => problem !== undefined);
    if (found.length === 0) {
      process.stdout.write(
        welcome({
          host,
          port,
          folder: undefined,
          playground: process.env['NODE_ENV'] !== 'production',
          tokens: process.env['ACCESS'] === 'open' ? undefined : folder,
        }),
      );
      return;
    }
    if (!isSlow && performance.now() > slowAt) {
      isSlow = true;
      supervisor.log(`not ready after ${SLOW_START_MS / 1_000} s: ${found.join('; ')}`);
    }
    await sleep(READY_POLL_MS);
  }
}

/** Why the program, or a service that it calls, is not ready; undefined if all are. */
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
