import { resolve } from 'node:path';
import { readConfig, str } from '#platform/config.ts';
import { runOnce } from '#platform/run.ts';
import { isRunning, processFile } from '#scripts/process-record.ts';
import { stopRecorded } from '#scripts/stop-recorded.ts';

/**
 * `make stop`: stops the processes that `make run-all` started. A running run-all stops its services itself; services
 * of a killed run-all are stopped here, the gateway first.
 */
/** Each of the four services may take 15 s to stop. */
const RUN_ALL_TIMEOUT_MS = 70_000;
const SERVICE_TIMEOUT_MS = 20_000;

await runOnce(async () => {
  const config = readConfig(process.env, {
    FRITZY_DATA: str({ default: '.fritzy', desc: 'The folder that stores the list of started processes.' }),
  });
  const file = processFile(resolve(config.FRITZY_DATA, 'run-all'));
  const running = file.read().filter(isRunning);
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  if (running.length === 0) log('nothing to stop: make run-all is not running');
  for (const record of running.filter(({ name }) => name === 'run-all'))
    await stopRecorded(record, RUN_ALL_TIMEOUT_MS, log);
  for (const record of running.toReversed()) await stopRecorded(record, SERVICE_TIMEOUT_MS, log);
  file.remove();
});
