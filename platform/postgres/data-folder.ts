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
import { type Owner, type RunAs, chownTree, runProgram, waysToInit } from '#platform/postgres/run-as.ts';
import { lastErrorOf } from '#platform/postgres/server-log.ts';
import { SUPERUSER } from '#platform/postgres/server-query.ts';

/** The error of initdb if /etc/passwd does not list its user. */
const UNLISTED = 'could not look up effective user ID';
const TEMPORARY = 'postgres.tmp-';
const FOLDER_PROBLEMS = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO']);
/**
 * pg_trgm and citext use the C library to classify letters. The first available locale is used; `C` knows only ASCII.
 */
const CHARACTER_TYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Creates the folder if it is missing and returns its real path. Throws StartError if it is not writable. */
export function prepareFolder(path: string): string {
  try {
    const firstCreated = makeFolders(resolve(path));
    if (firstCreated !== undefined && process.getuid?.() === 0)
      chownToParentOwner(firstCreated, resolve(path));
    const folder = realpathSync(path);
    rmSync(mkdtempSync(join(folder, TEMPORARY)), { recursive: true, force: true });
    return folder;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The StartError for a folder in which this process cannot create or open files. */
export function unwritable(folder: string, cause: unknown): StartError {
  if (isDiskFull(cause)) return diskFull(folder, cause);
  return new StartError(
    `${folder} cannot be written (${messageOf(cause)}): make it writable for this user, or set FRITZY_DATA to another folder`,
    { cause },
  );
}

/** Converts an error during the start to a StartError if the disk is full or the folder's owner can fix it. */
export function explainFileError(folder: string, error: unknown): unknown {
  if (isDiskFull(error)) return diskFull(folder, error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return FOLDER_PROBLEMS.has(String(code)) ? unwritable(folder, error) : error;
}

/**
 * Returns the owner of the data folder; undefined before the first start. Throws StartError if this process cannot use
 * it.
 */
export function ownerOfData(dataDir: string): Owner | undefined {
  const found = lstatSync(dataDir, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  // Two folders with links to one data folder would use two different locks.
  if (found.isSymbolicLink())
    throw new StartError(`${dataDir} is a symbolic link: set FRITZY_DATA to its target`);
  const self = process.getuid?.();
  if (self !== 0 && found.uid !== self) {
    const remedy = 'start as that user, or set FRITZY_DATA to another folder';
    throw new StartError(`the databases in ${dataDir} belong to uid ${found.uid}: ${remedy}`);
  }
  return { uid: found.uid, gid: found.gid };
}

/**
 * Runs initdb unless the data folder exists, and returns whether it did. Works in a temporary folder and renames it at
 * the end, so that the next start can remove the remains of an interrupted one (password-file.ts lists the steps).
 * Throws StartError if the folder contained a shop whose data folder is missing.
 */
export async function initDataFolder(input: {
  folder: string;
  dataDir: string;
  initdb: string;
  runAs: RunAs;
  timeoutMs: number;
  /** Whether the new files must survive a power failure. */
  isDurable: boolean;
}): Promise<boolean> {
  const { folder, dataDir, runAs } = input;
  if (existsSync(join(dataDir, 'PG_VERSION'))) return false;
  requireNoShop(folder, dataDir);
  const workFolder = mkdtempSync(join(folder, TEMPORARY));
  try {
    const newDataDir = join(workFolder, 'data');
    const passwordFile = join(workFolder, 'password');
    mkdirSync(newDataDir, { mode: 0o700 });
    writeNewPassword(passwordFile);
    await runInitdb({ ...input, workFolder, newDataDir, passwordFile });
    enclosePassword(passwordFile, newDataDir);
    chownTree(runAs.owner, workFolder);
    renameSync(newDataDir, dataDir);
    syncFolder(folder);
    return true;
  } catch (error) {
    const reason = lastErrorOf(messageOf(error));
    const remedy = reason.includes(UNLISTED)
      ? 'start as a user that /etc/passwd lists'
      : 'set FRITZY_DATA to another folder';
    throw new StartError(`PostgreSQL cannot create ${dataDir} (${reason}): ${remedy}`, { cause: error });
  } finally {
    rmSync(workFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Removes the temporary folders of interrupted starts. An initdb that still runs there fails. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(TEMPORARY))
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Changes the owner of the files in a folder, except the data folder, to the owner of the folder, after root has
 * written to it.
 */
export function chownFilesToFolderOwner(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile()) chownSync(join(folder, entry.name), uid, gid);
  }
}

interface InitdbInput {
  readonly initdb: string;
  readonly runAs: RunAs;
  /** The folder of the next two; changed to the owner that initdb runs as. */
  readonly workFolder: string;
  readonly newDataDir: string;
  readonly passwordFile: string;
  readonly timeoutMs: number;
  readonly isDurable: boolean;
}

async function runInitdb(input: InitdbInput): Promise<void> {
  let unlisted: unknown;
  for (const runAs of waysToInit(input.runAs)) {
    chownTree(runAs.owner, input.workFolder);
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
      `--pgdata=${input.newDataDir}`,
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

/** Rejects a start that would mistake an unmounted volume or a moved data folder for a first start. */
function requireNoShop(folder: string, dataDir: string): void {
  const password = passwordPath(folder);
  if (existsSync(password)) {
    throw new StartError(
      `${dataDir} has no database, but ${password} shows that it had one: restore ${dataDir} (mount its volume, or move it back), or remove ${password} to start with an empty shop`,
    );
  }
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new StartError(
      `${dataDir} holds files that are not a database: move them elsewhere, or set FRITZY_DATA to another folder`,
    );
}

/**
 * Creates a folder and its missing parents, and returns the first that it created. Creates one level at a time: below a
 * parent that exists but fails with ENOENT, such as /proc, mkdirSync with `recursive` loops forever.
 */
export function makeFolders(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const level of missing) {
    try {
      mkdirSync(level);
    } catch (error) {
      // Another process may have created it.
      if (!statSync(level, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  }
  return missing[0];
}

/** Changes the owner of new folders to the owner of their parent, for root in a user's folder. */
function chownToParentOwner(firstCreated: string, last: string): void {
  const { uid, gid } = statSync(dirname(firstCreated));
  for (let path = last; path.length >= firstCreated.length; path = dirname(path)) chownSync(path, uid, gid);
}
