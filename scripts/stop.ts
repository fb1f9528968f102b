import { resolve } from 'node:path';
import { readConfig, str } from '#platform/config.ts';
import { runOnce } from '#platform/run.ts';
import { isRunning, processFile } from '#scripts/process-record.ts';
import { stopRecorded } from '#scripts/stop-recorded.ts';

/**
 * `make stop`: ends what `make run-all` started, and only that. run-all itself ends its services; those that a killed
 * one left behind are ended here, from the gateway inwards.
 */
/** Each of the four services may take 15 s. */
const RUN_ALL_TIMEOUT_MS = 70_000;
const SERVICE_TIMEOUT_MS = 20_000;

await runOnce(async () => {
  const config = readConfig(process.env, {
    FRITZY_DATA: str({ default: '.fritzy', desc: 'The folder in which run-all notes what it has started.' }),
  });
  const file = processFile(resolve(config.FRITZY_DATA, 'run-all'));
  const running = file.read().filter(isRunning);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (running.length === 0) say('nothing to stop: make run-all does not run');
  for (const record of running.filter(({ name }) => name === 'run-all'))
    await stopRecorded(record, RUN_ALL_TIMEOUT_MS, say);
  for (const record of running.toReversed()) await stopRecorded(record, SERVICE_TIMEOUT_MS, say);
  file.remove();
});
