import { renameSync, writeFileSync } from 'node:fs';
import { SERVICES } from '#cmd/services.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/** Runs the PostgreSQL of `make engines-up` until SIGTERM: node scripts/engines-postgres.ts <folder> <port> <file for the URL>. */
const [folder = '', port = '', urlFile = ''] = process.argv.slice(2);

await using server = await startEmbeddedPostgres({
  folder,
  findPort: async () => Number(port),
  // All services and their tests share this server.
  settings: { max_connections: '200' },
  log: (line) => console.log(line),
});
for (const { name } of SERVICES) await server.ensureDatabase(name);
writeFileSync(`${urlFile}.new`, server.url(SERVICES[0].name), { mode: 0o600 });
renameSync(`${urlFile}.new`, urlFile);

const stopped = Promise.withResolvers<void>();
process.once('SIGTERM', () => stopped.resolve());
process.once('SIGINT', () => stopped.resolve());
// Without a timer, Node would exit.
const keepAlive = setInterval(() => {}, 2 ** 30);
const exit = await Promise.race([stopped.promise, server.exited]);
clearInterval(keepAlive);
if (exit !== undefined) {
  console.error(`PostgreSQL exited unexpectedly: ${exit.message}`);
  process.exitCode = 1;
}
