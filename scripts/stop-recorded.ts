import { hasEndedWithin, isRunning, signalProcess, type ProcessRecord } from '#scripts/process-record.ts';

/** Stops a recorded process: SIGTERM, then SIGKILL after `timeoutMs`. Resolves when the process has ended. */
export async function stopRecorded(
  record: ProcessRecord,
  timeoutMs: number,
  log: (line: string) => void,
): Promise<void> {
  if (!isRunning(record)) return;
  const { name, pid } = record;
  signalProcess(record, 'SIGTERM');
  if (await hasEndedWithin(record, timeoutMs)) {
    log(`stopped ${name} (pid ${pid})`);
    return;
  }
  signalProcess(record, 'SIGKILL');
  if (!(await hasEndedWithin(record, timeoutMs))) throw new Error(`${name} (pid ${pid}) cannot be killed`);
  log(`killed ${name} (pid ${pid}), which did not exit within ${timeoutMs / 1_000} s`);
}
