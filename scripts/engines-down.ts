import { rmSync } from 'node:fs';
import { messageOf } from '#platform/errors.ts';
import { HOME, readRunning, stopAll } from '#scripts/engines-state.ts';

/** `make engines-down`: stops exactly what `make engines-up` has started. Data is kept, unless CLEAN=1. */
try {
  const stopped = await stopAll(readRunning());
  console.log(
    stopped.length > 0
      ? `Stopped ${stopped.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}.`
      : 'No engines are up.',
  );
  if (process.env['CLEAN'] === '1') {
    rmSync(HOME, { recursive: true, force: true });
    console.log(`Removed ${HOME}.`);
  } else if (stopped.length > 0) {
    console.log(`Their data is kept in ${HOME}: make engines-down CLEAN=1 removes it.`);
  }
} catch (error) {
  console.error(`fritzy: ${messageOf(error)}`);
  process.exitCode = 1;
}
