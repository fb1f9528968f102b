import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';

/**
 * How the operating system, PostgreSQL and SQLite report a full disk: ENOSPC, EDQUOT, short writes. PostgreSQL runs
 * with English messages.
 */
const DISK_FULL =
  /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes|database or disk is full/;
const MIB = 1024 * 1024;
/** Below this, PostgreSQL cannot write its lock file and its log, and exits without a message. */
const ROOM_MIN_BYTES = 64 * 1024;
/** The size of an empty shop. */
const EMPTY_SHOP = '100 MiB in 2,400 files';

/** Whether an error or one of its causes reports a full disk. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    if (DISK_FULL.test(messageOf(at))) return true;
  }
  return false;
}

/** Whether the disk that holds `path` has no room for another small file. */
export function hasNoRoom(path: string): boolean {
  const { freeBytes, freeInodes } = roomOf(path);
  return freeBytes < ROOM_MIN_BYTES || freeInodes === 0;
}

/** The StartError for a full disk: the folder, the free space and the remedy. */
export function diskFull(folder: string, cause: unknown): StartError {
  const { freeBytes, freeInodes } = roomOf(folder);
  const inodes = freeInodes === undefined ? '' : ` and ${freeInodes.toLocaleString('en')} inodes`;
  const free = `${(freeBytes / MIB).toFixed(1)} MiB${inodes} free; an empty shop needs about ${EMPTY_SHOP}`;
  return new StartError(
    `the disk of ${folder} is full (${free}): free some space, or set FRITZY_DATA to a folder on another disk`,
    { cause },
  );
}

/** `freeInodes` is undefined for file systems without a fixed number of inodes, such as Btrfs. */
function roomOf(path: string): { freeBytes: number; freeInodes: number | undefined } {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize, files, ffree } = statfsSync(existing);
  return { freeBytes: bavail * bsize, freeInodes: files === 0 ? undefined : ffree };
}
