import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { databaseSetting, SERVICES } from '#cmd/services.ts';
import { messageOf } from '#platform/errors.ts';
import {
  ENV_FILE,
  HOME,
  ownerOfPort,
  PORTS,
  POSTGRES_FOLDER,
  readRunning,
  recordRunning,
  stopAll,
  stopPostgresIn,
} from '#scripts/engines-state.ts';
import { installProblem } from '#testkit/engine-cache.ts';
import type { Place } from '#testkit/engine-node.ts';
import { isFree } from '#testkit/free-ports.ts';
import { startElasticsearch, startKafka, startRedis } from '#testkit/engines.ts';

/**
 * `make engines-up`: starts three Kafka brokers, Elasticsearch, Redis and PostgreSQL on fixed loopback ports; they run
 * until `make engines-down`. Stores their data in .fritzy/engines and the settings of the services in
 * .fritzy/engines/env.
 */
const POSTGRES_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const PROCESSES = 6;

try {
  await up();
} catch (error) {
  console.error(`fritzy: ${messageOf(error)}`);
  process.exitCode = 1;
}

async function up(): Promise<void> {
  const running = readRunning();
  if (running.length === PROCESSES && existsSync(ENV_FILE)) {
    console.log('The engines are already running:');
  } else {
    if (running.length > 0) {
      console.log(
        `Stopping processes of an earlier start: ${running.map(({ name }) => name).join(', ')} ...`,
      );
      await stopAll(running);
    }
    await stopPostgresIn(POSTGRES_FOLDER);
    await requireFreePorts();
    console.log(
      `Starting 3 Kafka brokers, Elasticsearch, Redis and PostgreSQL (5 to 20 s; data: ${HOME}) ...`,
    );
    try {
      await startAll();
    } catch (error) {
      await stopAll(readRunning());
      throw error;
    }
  }
  process.stdout.write(readFileSync(ENV_FILE, 'utf8'));
  console.log(`To set these variables in a shell: . ${ENV_FILE}`);
}

async function requireFreePorts(): Promise<void> {
  const problems: string[] = [];
  for (const port of Object.values(PORTS).flat()) {
    if (!(await isFree(port))) problems.push(`port ${port} is in use (${ownerOfPort(port)})`);
  }
  if (problems.length > 0)
    throw new Error(`${problems.join('; ')}: stop the program that uses it, then try again`);
}

async function startAll(): Promise<void> {
  for (const kind of ['kafka', 'elasticsearch', 'redis'] as const) {
    const problem = installProblem(kind);
    if (problem !== false) throw new Error(problem);
  }
  const starts = await Promise.allSettled([
    timed('Kafka', startKafka({ place: placeOf('kafka') })),
    timed('Elasticsearch', startElasticsearch({ place: placeOf('elasticsearch') })),
    timed('Redis', startRedis({ place: placeOf('redis') })),
    timed('PostgreSQL', startPostgres()),
  ]);
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed) throw failed.reason;
  const [kafka, elasticsearch, redis, postgres] = starts.map((start) =>
    start.status === 'fulfilled' ? start.value.url : '',
  );
  const database = (name: string): string => String(postgres).replace(/\/[^/]*$/, `/${name}`);
  const settings = {
    EVENTS_URL: kafka,
    SEARCH_URL: elasticsearch,
    CACHE_URL: redis,
    ...Object.fromEntries(SERVICES.map(({ name }) => [databaseSetting(name), database(name)])),
  };
  const lines = Object.entries(settings).map(([name, value]) => `export ${name}=${value}\n`);
  // The file contains the password of the database.
  writeFileSync(ENV_FILE, lines.join(''), { mode: 0o600 });
}

function placeOf(kind: 'kafka' | 'elasticsearch' | 'redis'): Place {
  return { folder: join(HOME, kind), ports: PORTS[kind], onSpawn: recordRunning };
}

async function timed<T extends { readonly url: string }>(title: string, start: Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const engine = await start;
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(`  ${title} is ready (${seconds} s)`);
  return engine;
}

/** Starts the embedded PostgreSQL as the child of a process that runs until SIGTERM. */
async function startPostgres(): Promise<{ url: string }> {
  const folder = POSTGRES_FOLDER;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const readyFile = join(folder, 'url');
  const logFile = join(folder, 'engines-postgres.log');
  rmSync(readyFile, { force: true });
  const log = openSync(logFile, 'w', 0o600);
  const main = fileURLToPath(new URL('engines-postgres.ts', import.meta.url));
  const child = spawn(process.execPath, [main, folder, String(PORTS.postgres[0]), readyFile], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  if (child.pid !== undefined) recordRunning('PostgreSQL', child.pid);
  const deadline = performance.now() + POSTGRES_TIMEOUT_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`PostgreSQL did not start: ${readFileSync(logFile, 'utf8').trim()} (log: ${logFile})`);
    }
    await sleep(POLL_MS);
  }
  return { url: readFileSync(readyFile, 'utf8') };
}
