import { programUrl } from '#cmd/container/programs.ts';
import { runOnce } from '#platform/run.ts';

/** Runs the program named by the first argument and passes it the other arguments. */
await runOnce(async () => {
  const [name] = process.argv.splice(2, 1);
  await import(programUrl(name).href);
});
