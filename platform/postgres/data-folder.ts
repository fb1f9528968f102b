import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';
import { type Owner, type RunAs, giveTo, runProgram, waysToInit } from '#platform/postgres/run-as.ts';
import { lastWordOf } from '#platform/postgres/server-log.ts';
import { SUPERUSER } from '#platform/postgres/server-query.ts';

/** What initdb says if /etc/passwd does not list its user. */
const UNLISTED = 'could not look up effective user ID';
const TEMPORARY = 'postgres.tmp-';
const FOLDER_PROBLEMS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO']);
const PASSWORD_BYTES = 24;
/** pg_trgm and citext ask the C library what a letter is; the first of these that it has. `C` knows only ASCII. */
const CHARACTER_TYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Makes the folder if it is missing and returns its real path. A StartError says what to do if it cannot be written. */
export function prepareFolder(path: string): string {
  try {
    const firstMade = mkdirSync(path, { recursive: true });
    if (firstMade !== undefined && process.getuid?.() === 0)
      giveToParentOwner(resolve(firstMade), resolve(path));
    const folder = realpathSync(path);
    rmSync(mkdtempSync(join(folder, TEMPORARY)), { recursive: true, force: true });
    return folder;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The StartError for a folder in which this process cannot make or open files. */
export function unwritable(folder: string, cause: unknown): StartError {
  return new StartError(
    `${folder} cannot be written (${messageOf(cause)}): make it writable for this user, or set FRITZY_DATA to another folder`,
    { cause },
  );
}

/** What an error from the file system means for the start: a StartError if the folder's owner can mend it. */
export function explainFileError(folder: string, error: unknown): unknown {
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
 * Runs initdb unless the data folder is there, and returns whether it did. It works beside the data folder and renames
 * at the end, so that a start which was cut off leaves only what the next one removes.
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
  const place = mkdtempSync(join(folder, TEMPORARY));
  try {
    const made = join(place, 'data');
    const passwordFile = join(place, 'password');
    mkdirSync(made, { mode: 0o700 });
    writeFileSync(passwordFile, writePassword(folder), { mode: 0o600 });
    await runInitdb({ ...input, place, made, passwordFile });
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

/** A new password for a new data folder, on disk before that folder gets its name. */
function writePassword(folder: string): string {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const file = passwordPath(folder);
  rmSync(file, { force: true });
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

function passwordPath(folder: string): string {
  return join(folder, 'postgres.password');
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What root makes inside a user's folder belongs to that user. */
function giveToParentOwner(firstMade: string, last: string): void {
  const { uid, gid } = statSync(dirname(firstMade));
  for (let path = last; path.length >= firstMade.length; path = dirname(path)) chownSync(path, uid, gid);
}
