import { join } from 'node:path';
import { createClient } from 'redis';
import { findRedis, installProblem } from '#testkit/engine-cache.ts';
import { type EngineNode, type Place, startSingleNode } from '#testkit/engine-node.ts';
import { HOST } from '#testkit/free-ports.ts';

const PROBE_TIMEOUT_MS = 1_000;

export interface TestRedis extends EngineNode {
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
}

/** Starts a Redis without persistence: a kill loses its data. */
export async function startRedis(options: { place?: Place } = {}): Promise<TestRedis> {
  const redis = findRedis();
  if (redis === undefined) throw new Error(installProblem('redis') || 'Redis is not installed');
  return startSingleNode(
    { name: 'redis', portCount: 1, place: options.place, scheme: 'redis' },
    ({ folder, ports: [port = 0], place }) => ({
      title: 'Redis',
      port,
      command: redis.path,
      args: ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no', '--dir', folder],
      env: redis.env,
      logFile: join(folder, 'redis.log'),
      place,
      isReady: (pid) => isReady(port, pid),
    }),
  );
}

async function isReady(port: number, pid: number): Promise<boolean> {
  const client = createClient({
    socket: { host: HOST, port, reconnectStrategy: false, connectTimeout: PROBE_TIMEOUT_MS },
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const info = await client.info('server');
    return /^process_id:(\d+)/m.exec(info)?.[1] === String(pid);
  } finally {
    client.destroy();
  }
}
