import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';

/**
 * The password of SUPERUSER is in `<folder>/postgres.password`. The file also marks the folder as containing a shop: if
 * the data folder is missing, the file must never be replaced. The two are therefore created in this order, so that a
 * crash at any point is safe:
 * 1. initdb runs in a temporary folder, with a new password. A crash leaves only files that the next start removes.
 * 2. The password moves into the new data folder, which is then renamed to its final name: both exist, or neither.
 * 3. The password moves from the data folder to its final place; the next start repeats this step if necessary.
 */
const NAME = 'postgres.password';
const PASSWORD_BYTES = 24;

export function passwordPath(folder: string): string {
  return join(folder, NAME);
}

/** Writes a new password to a file and syncs it to disk. */
export function writeNewPassword(file: string): void {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
}

/** Step 2: moves the password into a data folder that does not have its final name yet. */
export function enclosePassword(file: string, unnamedDataDir: string): void {
  renameSync(file, passwordPath(unnamedDataDir));
  syncFolder(unnamedDataDir);
}

/** Step 3, unless it is done. */
export function placePassword(folder: string, dataDir: string): void {
  const enclosed = passwordPath(dataDir);
  if (!existsSync(enclosed) || existsSync(passwordPath(folder))) return;
  renameSync(enclosed, passwordPath(folder));
  syncFolder(folder);
}

/** Reads the password of SUPERUSER from a file that only its owner may read. */
export function readPassword(folder: string): string {
  const file = passwordPath(folder);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new StartError(
      `${file} cannot be read (${messageOf(error)}): restore it, or remove ${folder} to start with an empty shop`,
      { cause: error },
    );
  }
}

/** Syncs the directory entries of a folder to disk. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
