import { messageOf, StartError } from '#platform/errors.ts';

/** The signals that stop a program: Ctrl-C, and those of init systems and Kubernetes. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs a program: starts it, waits for a signal (or until `failed` of the started program resolves), releases its
 * resources and lets the event loop drain. Never calls process.exit, so nothing is interrupted. A signal during the
 * start stops the program when the start has completed or failed; a start that waits can listen to `stopping`, which is
 * aborted immediately. A StartError is printed as one line, any other error with its stack; the exit status is then 1.
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
 * Runs a program that ends by itself. A signal ends it immediately, so its work must be safe to interrupt at any point.
 * Errors are reported as by `run`.
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
