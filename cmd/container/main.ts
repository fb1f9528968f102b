import { programUrl } from '#cmd/container/programs.ts';
import { runOnce } from '#platform/run.ts';

/** Becomes the program that the first argument names, which sees the arguments after it as its own. */
await runOnce(async () => {
  const [name] = process.argv.splice(2, 1);
  await import(programUrl(name).href);
});
