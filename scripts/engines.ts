import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '#platform/errors.ts';
import { installJavaEngines } from '#scripts/engines-java.ts';
import { installRedis } from '#scripts/engines-redis.ts';
import {
  cacheFolder,
  engineFolder,
  type EngineKind,
  ENGINES,
  findRedis,
  JAVA_ENGINES,
  TITLES,
  installProblem,
} from '#testkit/engine-cache.ts';

/**
 * `make engines`: installs the engines for tests and development in a cache that all checkouts share: Kafka,
 * Elasticsearch and OpenSearch from Maven Central, Redis from Debian unless the system has it. Can be run repeatedly and
 * concurrently.
 */
const SQLITE_BUSY = 5;
const WAIT_MS = 30 * 60_000;

const startedMs = performance.now();
const cache = cacheFolder();
const isInstalled = (kind: EngineKind): boolean =>
  kind === 'redis' ? findRedis() !== undefined : existsSync(engineFolder(kind));

try {
  if (ENGINES.every((kind) => installProblem(kind) === false)) {
    console.log(`All engines are installed: ${cache}`);
  } else {
    mkdirSync(cache, { recursive: true });
    using _lock = lockCache();
    removeLeftovers();
    const java = JAVA_ENGINES.filter((kind) => !isInstalled(kind));
    const problems: string[] = [];
    for (const install of [
      () => installJavaEngines(java),
      () => (isInstalled('redis') ? undefined : installRedis()),
    ]) {
      // The other engines are installed even if one fails.
      await Promise.try(install).catch((error: unknown) => problems.push(messageOf(error)));
    }
    problems.push(...ENGINES.filter(isInstalled).flatMap((kind) => installProblem(kind) || []));
    report(problems.length === 0 ? 'All engines are installed' : 'Some engines are missing');
    for (const problem of new Set(problems)) console.error(`fritzy: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(`fritzy: ${messageOf(error)}`);
  process.exitCode = 1;
}

function report(summary: string): void {
  console.log(`${summary} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s):`);
  for (const kind of ENGINES) {
    if (!isInstalled(kind)) console.log(`  ${TITLES[kind].padEnd(14)} missing`);
    else if (kind === 'redis' && !existsSync(engineFolder(kind)))
      console.log(`  ${TITLES[kind].padEnd(14)} ${findRedis()?.path}`);
    else {
      const megabytes = Math.ceil(sizeOf(engineFolder(kind)) / 1_000_000);
      console.log(`  ${TITLES[kind].padEnd(14)} ${engineFolder(kind)} (${megabytes} MB)`);
    }
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => statSync(join(folder, path), { throwIfNoEntry: false }))
    .reduce((sum, stats) => sum + (stats?.isFile() ? stats.size : 0), 0);
}

/** Allows one installation at a time. The kernel releases the lock of SQLite when its process ends. */
function lockCache(): Disposable {
  const database = new DatabaseSync(join(cache, 'lock'), { timeout: 0 });
  const lock = (): void => database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  try {
    lock();
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
    console.log('Waiting for another "make engines" to finish ...');
    database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    lock();
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** Removes the folders of killed installations. The caller must hold the lock. */
function removeLeftovers(): void {
  for (const name of readdirSync(cache).filter((name) => name.startsWith('.new-'))) {
    rmSync(join(cache, name), { recursive: true, force: true });
  }
}
