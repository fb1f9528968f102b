import { rmSync } from 'node:fs';
import { messageOf } from '#platform/errors.ts';
import { HOME, readRunning, stopAll } from '#scripts/engines-state.ts';

/** `make engines-down`: stops the processes that `make engines-up` started. Keeps their data unless CLEAN=1. */
try {
  const stopped = await stopAll(readRunning());
  console.log(
    stopped.length > 0
      ? `Stopped ${stopped.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}.`
      : 'No engines are running.',
  );
  if (process.env['CLEAN'] === '1') {
    rmSync(HOME, { recursive: true, force: true });
    console.log(`Removed ${HOME}.`);
  } else if (stopped.length > 0) {
    console.log(`The data is kept in ${HOME}. To delete it, run make engines-down CLEAN=1.`);
  }
} catch (error) {
  console.error(`fritzy: ${messageOf(error)}`);
  process.exitCode = 1;
}
