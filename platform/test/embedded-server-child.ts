import { createInterface } from 'node:readline';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';

/**
 * The owner of an embedded server in its own process: prints one JSON line when it has started or failed, then one for
 * each command on stdin. It never calls process.exit except on command, so that its end shows an empty event loop.
 */
const { arch, ...options } = JSON.parse(process.argv[2] ?? '{}') as EmbeddedPostgresOptions & {
  arch?: string;
};
if (arch !== undefined) Object.defineProperty(process, 'arch', { value: arch });

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const server = await startEmbeddedPostgres(options).catch((error: Error) => {
  print({ name: error.name, message: error.message });
});
if (server) {
  const input = createInterface({ input: process.stdin });
  const stop = async (): Promise<void> => {
    await server.stop();
    print({ stopped: true });
    input.close();
    process.stdin.destroy();
    process.off('SIGINT', interrupt);
  };
  const interrupt = (): void => print({ interrupted: true });
  process.on('SIGINT', interrupt);
  input.on('line', (command) => {
    if (command === 'exit') process.exit(3);
    void stop();
  });
  print({ pid: server.pid, port: server.port, dataDir: server.dataDir, url: server.url('postgres') });
}
