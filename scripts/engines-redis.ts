import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, engineFolder, findProgram, redisIn } from '#testkit/engine-cache.ts';

const APT_TIMEOUT_MS = 5 * 60_000;
/** redis-server and the libraries it is linked with (1.4 MB in total), because the system may lack some of them. */
const PACKAGES = ['redis-server', 'redis-tools', 'libatomic1', 'libjemalloc2', 'liblzf1'];
const INSTALL = 'apt-get install redis-server';

/**
 * Unpacks the Debian packages of Redis into the cache. Needs no root and does not change the system. apt verifies the
 * signatures of the packages.
 */
export function installRedis(): void {
  const apt = findProgram('apt-get');
  if (apt === undefined || findProgram('dpkg') === undefined) {
    throw new Error('Redis is missing: install redis-server with the package manager of this system');
  }
  console.log('Redis: downloading from Debian (once, a few seconds) ...');
  const folder = join(cacheFolder(), `.new-redis-${process.pid}`);
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  try {
    if (!downloadPackages(folder)) {
      // The package lists may be missing or too old.
      if (process.getuid?.() === 0) spawnSync(apt, ['update', '-qq'], { timeout: APT_TIMEOUT_MS });
      if (!downloadPackages(folder))
        throw new Error(`Redis: apt-get download failed; as root, run ${INSTALL}`);
    }
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
      const { status, stderr } = spawnSync('dpkg', ['-x', join(folder, name), root], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`Redis: ${name} cannot be unpacked: ${stderr}`);
    }
    const { path, env } = redisIn(root);
    const { status, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8', env });
    if (status !== 0) throw new Error(`Redis: libraries are missing: ${stderr}; as root, run ${INSTALL}`);
    renameSync(root, engineFolder('redis'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function downloadPackages(folder: string): boolean {
  const { status } = spawnSync('apt-get', ['download', '-qq', ...PACKAGES], {
    cwd: folder,
    stdio: 'ignore',
    timeout: APT_TIMEOUT_MS,
  });
  return status === 0;
}
