import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, engineFolder, findProgram, redisIn } from '#testkit/engine-cache.ts';

const APT_TIMEOUT_MS = 5 * 60_000;
/** redis-server and the libraries that it is linked with; a system may have some, they are small (1.4 MB in all). */
const PACKAGES = ['redis-server', 'redis-tools', 'libatomic1', 'libjemalloc2', 'liblzf1'];
const INSTALL = 'apt-get install redis-server';

/**
 * Unpacks Debian's package into the cache: needs no root, installs nothing and starts no service. apt checks the
 * packages' signatures.
 */
export function collectRedis(): void {
  const apt = findProgram('apt-get');
  if (apt === undefined || findProgram('dpkg') === undefined) {
    throw new Error('Redis: install redis-server with the package manager of this system');
  }
  console.log('Redis: fetching it from Debian (once, a few seconds) ...');
  const folder = join(cacheFolder(), `.new-redis-${process.pid}`);
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  try {
    if (!fetchPackages(folder)) {
      // The lists of packages may be missing or too old.
      if (process.getuid?.() === 0) spawnSync(apt, ['update', '-qq'], { timeout: APT_TIMEOUT_MS });
      if (!fetchPackages(folder)) throw new Error(`Redis: apt-get does not find it (as root: ${INSTALL})`);
    }
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
      const { status, stderr } = spawnSync('dpkg', ['-x', join(folder, name), root], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`Redis: ${name} cannot be unpacked: ${stderr}`);
    }
    const { path, env } = redisIn(root);
    const { status, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8', env });
    if (status !== 0)
      throw new Error(`Redis: this system lacks libraries for it: ${stderr} (as root: ${INSTALL})`);
    renameSync(root, engineFolder('redis'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fetchPackages(folder: string): boolean {
  const { status } = spawnSync('apt-get', ['download', '-qq', ...PACKAGES], {
    cwd: folder,
    stdio: 'ignore',
    timeout: APT_TIMEOUT_MS,
  });
  return status === 0;
}
