import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '#platform/postgres/embedded-server.ts';
import { SERVER_ENV } from '#platform/postgres/run-as.ts';

const CHILD = fileURLToPath(new URL('embedded-server-child.ts', import.meta.url));
const DEADLINE_MS = 30_000;

/** Not durable, for tests that simulate no power failure and kill no server. */
export const FAST = { fsync: 'off' };
export const needsProc = existsSync('/proc/self/cmdline') ? false : 'needs /proc';

const root = mkdtempSync(join(tmpdir(), 'embedded-server-'));
chmodSync(root, 0o755);
const owners = new Set<ChildProcess>();
let folders = 0;

after(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  const read = (): number[] => processesIn(root);
  const left = await eventually(read, (pids) => pids.length === 0).catch(read);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  assert.deepEqual(left, [], 'a test left PostgreSQL processes running');
});

export const oneLine = /^[^\n]+$/;

export function newFolder(): string {
  folders += 1;
  return join(root, `folder-${folders}`);
}

export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, ssl: false, connectionTimeoutMillis: DEADLINE_MS });
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' });
    return rows.map((row) => row[0]);
  } finally {
    await client.end();
  }
}

export async function show(server: EmbeddedPostgres, name: string): Promise<unknown> {
  return (await query(server.url('postgres'), `SHOW ${name}`))[0];
}

/** Whether the server still answers in the process that it was started in. */
export async function isStillServing(server: EmbeddedPostgres): Promise<boolean> {
  const answers = query(server.url('postgres'), 'SELECT 1').then(
    () => isAlive(server.pid),
    () => false,
  );
  return answers;
}

export interface Owner {
  owner: ChildProcess;
  /** The message of the child when it had started or failed. */
  answer: Record<string, unknown>;
  readonly nextLine: () => Promise<Record<string, unknown>>;
}

export function spawnOwner(options: EmbeddedPostgresOptions & { arch?: string }, uid?: number): ChildProcess {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const owner = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    detached: true,
    cwd: '/',
    env: SERVER_ENV,
    stdio: ['pipe', 'pipe', 'inherit'],
    ...identity,
  });
  owners.add(owner);
  owner.once('exit', () => owners.delete(owner));
  return owner;
}

export async function startOwner(
  options: EmbeddedPostgresOptions & { arch?: string },
  uid?: number,
): Promise<Owner> {
  const owner = spawnOwner(options, uid);
  assert.ok(owner.stdout);
  const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    assert.ok(done !== true, 'the owner ended without a message');
    return JSON.parse(value) as Record<string, unknown>;
  };
  return { owner, answer: await nextLine(), nextLine };
}

export async function kill(owner: ChildProcess): Promise<void> {
  owner.kill('SIGKILL');
  await exitCodeOf(owner);
}

export async function exitCodeOf(owner: ChildProcess): Promise<number | null> {
  if (owner.exitCode === null && owner.signalCode === null) {
    await once(owner, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) });
  }
  return owner.exitCode;
}

export async function assertUnwritable({ owner, answer }: Owner, folder: string): Promise<void> {
  assert.equal(answer['name'], 'StartError', JSON.stringify(answer));
  const message = String(answer['message']);
  assert.match(message, oneLine);
  assert.ok(message.startsWith(`${folder} cannot be written`) && message.includes('FRITZY_DATA'), message);
  await exitCodeOf(owner);
}

export async function eventually<T>(read: () => T, isDone: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = read();
    if (isDone(value)) return value;
    assert.ok(performance.now() < deadline, `not reached in time: ${JSON.stringify(value)}`);
    await sleep(2);
  }
}

export function temporaryFolders(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('postgres.tmp-')) : [];
}

/** The PostgreSQL processes that run on `folder`, including backends; empty without /proc. */
export function processesIn(folder: string): number[] {
  if (needsProc !== false) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter(
      (pid) =>
        readSafely(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(folder) || isProgramIn(pid, folder),
    );
}

function isProgramIn(pid: number, folder: string): boolean {
  const [program, ...args] = readSafely(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return /\/(?:postgres|initdb)$/.test(program ?? '') && args.some((argument) => argument.includes(folder));
}

export function isAlive(pid: number): boolean {
  return readSafely(() => String(process.kill(pid, 0))) === 'true' && !isZombie(pid);
}

/** If process 1 does not reap orphans, an ended process stays in the table. */
function isZombie(pid: number): boolean {
  return /\) Z /.test(readSafely(() => readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

/** Returns '' for a process that has ended or belongs to another user. */
function readSafely(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
