import { chmodSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '#platform/errors.ts';
import { unwritable } from '#platform/postgres/data-folder.ts';

const SQLITE_BUSY = 5;

/**
 * Makes this process the exclusive owner of `folder`, or throws a StartError that names the current owner. The lock is
 * SQLite's fcntl lock on `<folder>/lock`: it belongs to the file, not to its path; children do not inherit it; and
 * the kernel releases it when the process dies, even by `kill -9`.
 */
export function lockFolder(folder: string): Disposable {
  const ownerFile = join(folder, 'lock.owner');
  const database = openDatabase(folder);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(ownerFile, `${process.pid}\n`);
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw unwritable(folder, error);
    throw new StartError(
      `${folder} is in use by another Fritzy${ownerOf(ownerFile)}: stop it, or set FRITZY_DATA to another folder`,
      { cause: error },
    );
  }
  return {
    [Symbol.dispose]: () => {
      if (!database.isOpen) return;
      rmSync(ownerFile, { force: true });
      database.close();
    },
  };
}

function openDatabase(folder: string): DatabaseSync {
  try {
    const file = join(folder, 'lock');
    // No other user may lock the file, not even for reading. Create and close it before SQLite opens it: closing a file
    // that this process has locked would release the lock.
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** The owner writes its pid after it has acquired the lock, so the file may not exist yet. */
function ownerOf(ownerFile: string): string {
  try {
    return ` (pid ${readFileSync(ownerFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
