import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no small disk can be had here, for a visible skip; false if it can. CI runs as root and skips nothing. */
export const needsMount: string | false =
  process.platform === 'linux' && (process.getuid?.() === 0 || process.env['CI'] !== undefined)
    ? false
    : 'needs Linux and root, to mount a small disk';

/** A file system of its own with a bound on its size. `options` are those of tmpfs: `size=30m`, `nr_inodes=900`. */
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
