import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The `skip` option of a test: why no small disk can be mounted, or false. In CI the tests are not skipped. */
export const needsMount: string | false =
  process.platform === 'linux' && (process.getuid?.() === 0 || process.env['CI'] !== undefined)
    ? false
    : 'needs Linux and root, to mount a small disk';

/** Mounts a tmpfs with a size limit. `options` are those of tmpfs: `size=30m`, `nr_inodes=900`. */
export function mountSmallDisk(options: string): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=755,${options}`, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.dispose]: () => {
      execFileSync('umount', [folder]);
      rmdirSync(folder);
    },
  };
}
