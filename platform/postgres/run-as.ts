import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, lchownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartError, messageOf } from '#platform/errors.ts';
import { lastErrorOf } from '#platform/postgres/server-log.ts';

/**
 * The ways in which root can run PostgreSQL, which refuses to run as root. The first one whose probe succeeds is used.
 */
export const ROOT_WAYS = [
  /** As the owner of the folder. */
  'folder-owner',
  /**
   * As the owner of a folder whose parents that user cannot enter: the capability dac_override replaces the
   * permissions.
   */
  'folder-owner-with-dac-override',
  /** As root, mapped to another uid in a user namespace: needs no chown and can open every folder that root owns. */
  'user-namespace',
  /** As uid 65534, which becomes the owner of the data folder. */
  'nobody',
  /** As uid 65534 in a folder whose parents it cannot enter, where user namespaces are disabled. */
  'nobody-with-dac-override',
] as const;
export type RootWay = (typeof ROOT_WAYS)[number];

/** How to spawn PostgreSQL's programs: `[...prefix, program, ...args]` as uid and gid. */
export interface RunAs {
  readonly way: RootWay | 'self';
  readonly prefix: readonly string[];
  readonly identity: Partial<Owner>;
  /** The required owner of the data folder; undefined: its current owner. */
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

/**
 * PostgreSQL's programs do not inherit the environment: PGPORT, PGDATESTYLE and the locale would change the behaviour
 * of the server.
 */
export const SERVER_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Determines by probing how this process can run `postgres` on a data folder in `folder`. `forced` restricts the search
 * to one of root's ways.
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
  const remedy = failures.some((failure) => failure.includes('shared libraries'))
    ? 'run "npm rebuild" with install scripts allowed'
    : 'start as an ordinary user, or set FRITZY_DATA to a folder that other users can enter';
  throw new StartError(
    `PostgreSQL cannot run on ${input.folder} (${failures.join('; ') || `${input.forced} does not apply`}): ${remedy}`,
  );
}

/**
 * The ways to run initdb for a server that runs as `runAs`. Only initdb requires its user in /etc/passwd, which
 * containers often lack; 65534 is listed almost everywhere.
 */
export function waysToInit(runAs: RunAs): RunAs[] {
  const asListedUser = { ...runAs, prefix: [...runAs.prefix, ...UNSHARE] };
  return [runAs, asListedUser, ...(process.getuid?.() === 0 ? waysOfRoot(undefined, ROOT) : [])];
}

/**
 * Runs one of PostgreSQL's programs to its end and returns its standard output. Rejects with its stderr, or after
 * `timeoutMs`. Runs in its own process group, so that Ctrl-C in a terminal reaches only this process.
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

/**
 * Changes the owner of a folder and its contents. The folder itself comes last, so that an interrupted run is repeated
 * completely.
 */
export function chownTree(owner: Owner | undefined, folder: string): void {
  if (owner === undefined || statSync(folder).uid === owner.uid) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    lchownSync(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
  chownSync(folder, owner.uid, owner.gid);
}

const SELF: RunAs = { way: 'self', prefix: [], identity: {} };

function waysOfRoot(dataOwner: Owner | undefined, folderOwner: Owner): RunAs[] {
  const generalWays: RunAs[] = [
    { way: 'user-namespace', prefix: UNSHARE, identity: {}, owner: ROOT },
    { way: 'nobody', prefix: [], identity: NOBODY, owner: NOBODY },
    { way: 'nobody-with-dac-override', prefix: dacOverride(NOBODY), identity: {}, owner: NOBODY },
  ];
  const { uid, gid } = dataOwner ?? folderOwner;
  if (uid === ROOT.uid) return generalWays;
  const owner = { uid, gid };
  const ownerWays: RunAs[] = [
    { way: 'folder-owner', prefix: [], identity: owner, owner },
    { way: 'folder-owner-with-dac-override', prefix: dacOverride(owner), identity: {}, owner },
  ];
  // Never change the owner of a user's databases to root or nobody because a probe failed.
  return dataOwner !== undefined && uid !== NOBODY.uid ? ownerWays : [...ownerWays, ...generalWays];
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

/**
 * Returns why a way fails, in one line; undefined if it can write to the location of the data folder and run postgres.
 */
async function probe(runAs: RunAs, folder: string, postgres: string): Promise<string | undefined> {
  const workFolder = mkdtempSync(join(folder, 'postgres.tmp-'));
  try {
    chownTree(runAs.owner, workFolder);
    const script = 'cd -- "$1" && : > probe && exec "$2" --version';
    await runProgram(runAs, '/bin/sh', ['-c', script, 'sh', workFolder, postgres], PROBE_TIMEOUT_MS);
    return undefined;
  } catch (error) {
    return lastErrorOf(messageOf(error));
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}
