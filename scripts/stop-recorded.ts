import { hasEndedWithin, isRunning, signalProcess, type ProcessRecord } from '#scripts/process-record.ts';

/** Ends a process that somebody else started: SIGTERM, and SIGKILL if it takes longer. Resolves when it is gone. */
export async function stopRecorded(
  record: ProcessRecord,
  timeoutMs: number,
  say: (line: string) => void,
): Promise<void> {
  if (!isRunning(record)) return;
  const { name, pid } = record;
  signalProcess(record, 'SIGTERM');
  if (await hasEndedWithin(record, timeoutMs)) {
    say(`stopped ${name} (pid ${pid})`);
    return;
  }
  signalProcess(record, 'SIGKILL');
  if (!(await hasEndedWithin(record, timeoutMs))) throw new Error(`${name} (pid ${pid}) cannot be killed`);
  say(`killed ${name} (pid ${pid}), which did not end within ${timeoutMs / 1_000} s`);
}
