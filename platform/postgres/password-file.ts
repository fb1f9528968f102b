import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';

/**
 * The password of SUPERUSER is in `<folder>/postgres.password`. The file is also the sign that the folder holds a shop:
 * without its data folder it must never be replaced. Both therefore appear in this order, which a crash may end anywhere:
 * 1. initdb runs in a temporary folder, with a new password. A crash leaves only what the next start removes.
 * 2. The password moves into the new data folder, which then gets its name by one rename: both are there, or neither.
 * 3. The password moves from the data folder to its place; the next start repeats that if it was not done.
 */
const NAME = 'postgres.password';
const PASSWORD_BYTES = 24;

export function passwordPath(folder: string): string {
  return join(folder, NAME);
}

/** A new password in a file of its own, on disk before this returns. */
export function writeNewPassword(file: string): void {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
}

/** Step 2: puts the password into a data folder that has no name yet. */
export function enclosePassword(file: string, unnamedDataDir: string): void {
  renameSync(file, passwordPath(unnamedDataDir));
  syncFolder(unnamedDataDir);
}

/** Step 3, if it is still to be done. */
export function placePassword(folder: string, dataDir: string): void {
  const enclosed = passwordPath(dataDir);
  if (!existsSync(enclosed) || existsSync(passwordPath(folder))) return;
  renameSync(enclosed, passwordPath(folder));
  syncFolder(folder);
}

/** The password of SUPERUSER, from a file that only its owner may read. */
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

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
