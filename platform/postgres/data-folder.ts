import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';
import { diskFull, isDiskFull } from '#platform/postgres/disk-full.ts';
import {
  enclosePassword,
  passwordPath,
  syncFolder,
  writeNewPassword,
} from '#platform/postgres/password-file.ts';
import { type Owner, type RunAs, giveTo, runProgram, waysToInit } from '#platform/postgres/run-as.ts';
import { lastWordOf } from '#platform/postgres/server-log.ts';
import { SUPERUSER } from '#platform/postgres/server-query.ts';

/** What initdb says if /etc/passwd does not list its user. */
const UNLISTED = 'could not look up effective user ID';
const TEMPORARY = 'postgres.tmp-';
const FOLDER_PROBLEMS = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO']);
/** pg_trgm and citext ask the C library what a letter is; the first of these that it has. `C` knows only ASCII. */
const CHARACTER_TYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Makes the folder if it is missing and returns its real path. A StartError says what to do if it cannot be written. */
export function prepareFolder(path: string): string {
  try {
    const firstMade = makeFolders(resolve(path));
    if (firstMade !== undefined && process.getuid?.() === 0) giveToParentOwner(firstMade, resolve(path));
    const folder = realpathSync(path);
    rmSync(mkdtempSync(join(folder, TEMPORARY)), { recursive: true, force: true });
    return folder;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The StartError for a folder in which this process cannot make or open files. */
export function unwritable(folder: string, cause: unknown): StartError {
  if (isDiskFull(cause)) return diskFull(folder, cause);
  return new StartError(
    `${folder} cannot be written (${messageOf(cause)}): make it writable for this user, or set FRITZY_DATA to another folder`,
    { cause },
  );
}

/** What an error of the start means: a StartError if the disk is full or the folder's owner can mend it. */
export function explainFileError(folder: string, error: unknown): unknown {
  if (isDiskFull(error)) return diskFull(folder, error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return FOLDER_PROBLEMS.has(String(code)) ? unwritable(folder, error) : error;
}

/** Who owns the data folder; undefined before the first start. A StartError if this process cannot use it. */
export function ownerOfData(dataDir: string): Owner | undefined {
  const found = lstatSync(dataDir, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  // Two folders that lead to one data folder would have two locks for it.
  if (found.isSymbolicLink())
    throw new StartError(`${dataDir} is a symbolic link: set FRITZY_DATA to where it leads`);
  const self = process.getuid?.();
  if (self !== 0 && found.uid !== self) {
    const mend = 'start as that user, or set FRITZY_DATA to another folder';
    throw new StartError(`the databases in ${dataDir} belong to uid ${found.uid}: ${mend}`);
  }
  return { uid: found.uid, gid: found.gid };
}

/**
 * Runs initdb unless the data folder is there, and returns whether it did. It works in a temporary folder and renames
 * at the end, so that a start which was cut off leaves only what the next one removes (password-file.ts has the steps).
 * A StartError if the folder held a shop whose data folder is gone.
 */
export async function initDataFolder(input: {
  folder: string;
  dataDir: string;
  initdb: string;
  runAs: RunAs;
  timeoutMs: number;
  /** Whether the new files must survive a power cut. */
  isDurable: boolean;
}): Promise<boolean> {
  const { folder, dataDir, runAs } = input;
  if (existsSync(join(dataDir, 'PG_VERSION'))) return false;
  requireNoShop(folder, dataDir);
  const place = mkdtempSync(join(folder, TEMPORARY));
  try {
    const made = join(place, 'data');
    const passwordFile = join(place, 'password');
    mkdirSync(made, { mode: 0o700 });
    writeNewPassword(passwordFile);
    await runInitdb({ ...input, place, made, passwordFile });
    enclosePassword(passwordFile, made);
    giveTo(runAs.owner, place);
    renameSync(made, dataDir);
    syncFolder(folder);
    return true;
  } catch (error) {
    const reason = lastWordOf(messageOf(error));
    const mend = reason.includes(UNLISTED)
      ? 'start as a user that /etc/passwd lists'
      : 'set FRITZY_DATA to another folder';
    throw new StartError(`PostgreSQL cannot make ${dataDir} (${reason}): ${mend}`, { cause: error });
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Removes what starts that were cut off left behind. An initdb that still runs there fails and ends. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(TEMPORARY))
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** After root has used a user's folder: gives the files in it, except the data folder, to that user. */
export function giveFilesToFolderOwner(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile()) chownSync(join(folder, entry.name), uid, gid);
  }
}

interface InitdbInput {
  readonly initdb: string;
  readonly runAs: RunAs;
  /** Holds the two below; given to whom initdb runs as. */
  readonly place: string;
  readonly made: string;
  readonly passwordFile: string;
  readonly timeoutMs: number;
  readonly isDurable: boolean;
}

async function runInitdb(input: InitdbInput): Promise<void> {
  let unlisted: unknown;
  for (const runAs of waysToInit(input.runAs)) {
    giveTo(runAs.owner, input.place);
    try {
      await runInitdbAs(runAs, input);
      return;
    } catch (error) {
      if (unlisted === undefined && !messageOf(error).includes(UNLISTED)) throw error;
      unlisted ??= error;
    }
  }
  throw unlisted;
}

async function runInitdbAs(runAs: RunAs, input: InitdbInput): Promise<void> {
  for (const characterType of CHARACTER_TYPES) {
    const args = [
      `--pgdata=${input.made}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${input.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      `--lc-ctype=${characterType}`,
      ...(input.isDurable ? [] : ['--no-sync']),
    ];
    try {
      await runProgram(runAs, input.initdb, args, input.timeoutMs);
      return;
    } catch (error) {
      if (!messageOf(error).includes('invalid locale name')) throw error;
    }
  }
  throw new Error(`the C library has none of the locales ${CHARACTER_TYPES.join(', ')}`);
}

/** An unmounted volume or a moved data folder must not be taken for a first start. */
function requireNoShop(folder: string, dataDir: string): void {
  const password = passwordPath(folder);
  if (existsSync(password)) {
    throw new StartError(
      `${dataDir} has no database, but ${password} shows that it had one: restore ${dataDir} (mount its volume, or move it back), or remove ${password} to begin an empty shop`,
    );
  }
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new StartError(
      `${dataDir} holds files that are not a database: move them elsewhere, or set FRITZY_DATA to another folder`,
    );
}

/**
 * Makes a folder and those above it, and returns the first that it made. One level at a time: where the parent exists but
 * refuses with ENOENT, as /proc does, mkdirSync with `recursive` repeats both steps forever.
 */
export function makeFolders(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const level of missing) {
    try {
      mkdirSync(level);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!statSync(level, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  }
  return missing[0];
}

/** What root makes inside a user's folder belongs to that user. */
function giveToParentOwner(firstMade: string, last: string): void {
  const { uid, gid } = statSync(dirname(firstMade));
  for (let path = last; path.length >= firstMade.length; path = dirname(path)) chownSync(path, uid, gid);
}
