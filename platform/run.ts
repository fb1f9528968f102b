import { messageOf, StartError } from '#platform/errors.ts';

/** Which signals ask a program to end: Ctrl-C, and what init systems and Kubernetes send. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs a program: starts it, waits for a signal (or until `failed` of the started program resolves), releases what
 * it holds and lets the event loop run empty. Never calls process.exit, so nothing is cut off.
 * A signal during the start ends the program as soon as the start is through or has failed; a start that waits for
 * something can listen to `stopping`, which is aborted at once.
 * A StartError is printed as it is, one line, anything else with its stack; the exit status is then 1.
 */
export async function run(
  start: (stack: AsyncDisposableStack, stopping: AbortSignal) => Promise<void | { failed: Promise<string> }>,
): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const onSignal = (): void => {
    stopping.abort();
    stopped.resolve();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  const stack = new AsyncDisposableStack();
  try {
    const started = await start(stack, stopping.signal);
    const failure = await Promise.race([stopped.promise, started?.failed ?? stopped.promise]);
    if (typeof failure === 'string') throw new StartError(failure);
  } catch (error) {
    report(error);
  } finally {
    try {
      await stack.disposeAsync();
    } catch (error) {
      report(error);
    }
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  }
}

/**
 * Runs a program that does its work and ends. A signal ends it at once, as if it had none of this: the work is one
 * that may break off anywhere. What it throws is reported as `run` does.
 */
export async function runOnce(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    report(error);
  }
}

function report(error: unknown): void {
  process.exitCode = 1;
  const text =
    error instanceof StartError
      ? `fritzy: ${error.message}`
      : error instanceof Error
        ? error.stack
        : messageOf(error);
  process.stderr.write(`${text}\n`);
}
