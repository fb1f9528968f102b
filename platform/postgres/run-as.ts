import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, lchownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartError, messageOf } from '#platform/errors.ts';
import { lastWordOf } from '#platform/postgres/server-log.ts';

/** The ways root has to run PostgreSQL, which itself refuses to be root. The first whose probe works is taken. */
export const ROOT_WAYS = [
  /** As the user the folder belongs to. */
  'folder-owner',
  /** The same for a folder below closed ones: the capability dac_override stands in for the permissions. */
  'folder-owner-with-dac-override',
  /** As root of the folder, under another number in a user namespace: needs no chown, opens every folder of root's. */
  'user-namespace',
  /** As uid 65534, to which the data folder is given. */
  'nobody',
  /** The same for a folder below closed ones, where user namespaces are forbidden. */
  'nobody-with-dac-override',
] as const;
export type RootWay = (typeof ROOT_WAYS)[number];

/** How to spawn PostgreSQL's programs: `[...prefix, program, ...args]` as uid and gid. */
export interface RunAs {
  readonly way: RootWay | 'self';
  readonly prefix: readonly string[];
  readonly identity: Partial<Owner>;
  /** Who must own the data folder; undefined: whoever owns it now. */
  readonly owner?: Owner;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const UNSHARE = ['unshare', '-U', '--map-user=65534', '--map-group=65534', '--'];
const ROOT: Owner = { uid: 0, gid: 0 };
const NOBODY: Owner = { uid: 65534, gid: 65534 };
const PROBE_TIMEOUT_MS = 10_000;

/** PostgreSQL's programs inherit nothing: PGPORT, PGDATESTYLE and the locale would change what the server does. */
export const SERVER_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Finds how this process can run `postgres` on a data folder inside `folder`, by trying.
 * `forced` restricts the search to one of root's ways.
 */
export async function chooseRunAs(input: {
  folder: string;
  /** The owner of the data folder; undefined before the first start. */
  dataOwner: Owner | undefined;
  postgres: string;
  forced?: RootWay | undefined;
}): Promise<RunAs> {
  const isRoot = process.getuid?.() === 0;
  const ways = isRoot ? waysOfRoot(input.dataOwner, statSync(input.folder)) : [SELF];
  const failures: string[] = [];
  for (const runAs of ways) {
    if (isRoot && input.forced !== undefined && runAs.way !== input.forced) continue;
    const failure = await probe(runAs, input.folder, input.postgres);
    if (failure === undefined) return runAs;
    failures.push(`${runAs.way}: ${failure}`);
  }
  const mend = failures.some((failure) => failure.includes('shared libraries'))
    ? 'run "npm rebuild" with install scripts allowed'
    : 'start as an ordinary user, or set FRITZY_DATA to a folder that other users can enter';
  throw new StartError(
    `PostgreSQL cannot run on ${input.folder} (${failures.join('; ') || `${input.forced} does not apply`}): ${mend}`,
  );
}

/**
 * The ways to run initdb for a server that runs as `runAs`. Only initdb insists that /etc/passwd lists its user, which
 * it often does not in a container; 65534 is listed nearly everywhere.
 */
export function waysToInit(runAs: RunAs): RunAs[] {
  const asListedUser = { ...runAs, prefix: [...runAs.prefix, ...UNSHARE] };
  return [runAs, asListedUser, ...(process.getuid?.() === 0 ? waysOfRoot(undefined, ROOT) : [])];
}

/**
 * Runs one of PostgreSQL's programs to its end and returns its standard output; rejects with what it wrote to stderr, or
 * after `timeoutMs`. In a process group of its own, so that a terminal's Ctrl-C reaches only this process.
 */
export async function runProgram(
  runAs: RunAs,
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const [file = program, ...rest] = [...runAs.prefix, program, ...args];
  const child = spawn(file, rest, {
    cwd: '/',
    env: SERVER_ENV,
    detached: true,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...runAs.identity,
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  if (code === 0) return stdout;
  if (signal === 'SIGKILL') throw new Error(`${basename(program)} took more than ${timeoutMs} ms`);
  throw new Error(`${basename(program)} ended with ${code ?? signal}\n${stderr}`);
}

/** Gives a folder and all that is in it to `owner`. The folder itself comes last: a cut off run is repeated whole. */
export function giveTo(owner: Owner | undefined, folder: string): void {
  if (owner === undefined || statSync(folder).uid === owner.uid) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    lchownSync(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
  chownSync(folder, owner.uid, owner.gid);
}

const SELF: RunAs = { way: 'self', prefix: [], identity: {} };

function waysOfRoot(dataOwner: Owner | undefined, folderOwner: Owner): RunAs[] {
  const anybody: RunAs[] = [
    { way: 'user-namespace', prefix: UNSHARE, identity: {}, owner: ROOT },
    { way: 'nobody', prefix: [], identity: NOBODY, owner: NOBODY },
    { way: 'nobody-with-dac-override', prefix: dacOverride(NOBODY), identity: {}, owner: NOBODY },
  ];
  const { uid, gid } = dataOwner ?? folderOwner;
  if (uid === ROOT.uid) return anybody;
  const owner = { uid, gid };
  const asOwner: RunAs[] = [
    { way: 'folder-owner', prefix: [], identity: owner, owner },
    { way: 'folder-owner-with-dac-override', prefix: dacOverride(owner), identity: {}, owner },
  ];
  // A user's databases stay that user's: never given to root or nobody because a probe failed.
  return dataOwner !== undefined && uid !== NOBODY.uid ? asOwner : [...asOwner, ...anybody];
}

function dacOverride({ uid, gid }: Owner): string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ];
}

/** Why a way does not work, in one line; undefined if it does: it writes where the data folder will be and runs postgres. */
async function probe(runAs: RunAs, folder: string, postgres: string): Promise<string | undefined> {
  const place = mkdtempSync(join(folder, 'postgres.tmp-'));
  try {
    giveTo(runAs.owner, place);
    const script = 'cd -- "$1" && : > probe && exec "$2" --version';
    await runProgram(runAs, '/bin/sh', ['-c', script, 'sh', place, postgres], PROBE_TIMEOUT_MS);
    return undefined;
  } catch (error) {
    return lastWordOf(messageOf(error));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
