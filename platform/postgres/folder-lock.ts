import { chmodSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '#platform/errors.ts';
import { unwritable } from '#platform/postgres/data-folder.ts';

const SQLITE_BUSY = 5;

/**
 * Makes this process the only owner of `folder`, or throws a StartError that names the present owner.
 * The lock is SQLite's fcntl lock on `<folder>/lock`: it belongs to the file, whatever path leads to it, children do not
 * inherit it, and the kernel frees it when the process dies, `kill -9` included.
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
    // Nobody else may lock it, not even to read. Made and closed before SQLite opens it: to close a file that this
    // process has locked would give the lock away.
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

/** The owner writes its pid just after it has the lock, so the file may still be missing. */
function ownerOf(ownerFile: string): string {
  try {
    return ` (pid ${readFileSync(ownerFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
