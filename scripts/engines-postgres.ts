import { renameSync, writeFileSync } from 'node:fs';
import { SERVICES } from '#cmd/services.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/** Keeps the PostgreSQL of `make engines-up`: node scripts/engines-postgres.ts <folder> <port> <file for the URL>. */
const [folder = '', port = '', urlFile = ''] = process.argv.slice(2);

await using server = await startEmbeddedPostgres({
  folder,
  findPort: async () => Number(port),
  // Several services of one machine, and their tests, share it.
  settings: { max_connections: '200' },
  log: (line) => console.log(line),
});
for (const { name } of SERVICES) await server.ensureDatabase(name);
writeFileSync(`${urlFile}.new`, server.url(SERVICES[0].name), { mode: 0o600 });
renameSync(`${urlFile}.new`, urlFile);

const stopped = Promise.withResolvers<void>();
process.once('SIGTERM', () => stopped.resolve());
process.once('SIGINT', () => stopped.resolve());
// Nothing else keeps this process alive.
const keepAlive = setInterval(() => {}, 2 ** 30);
const exit = await Promise.race([stopped.promise, server.exited]);
clearInterval(keepAlive);
if (exit !== undefined) {
  console.error(`PostgreSQL ended by itself: ${exit.message}`);
  process.exitCode = 1;
}
