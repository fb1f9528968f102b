import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, type JWK } from 'jose';
import { ALGORITHM } from '#platform/auth/access-token.ts';
import { repeat } from '#platform/events/repeat.ts';
import type { Logger } from '#platform/logger.ts';
import { messageOf, StartError } from '#platform/errors.ts';

/**
 * The RSA keys that sign access tokens: the files *.pem of a folder. All are published. The last one by name signs once it
 * is a minute old, so that all processes publish it before.
 */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The public keys as a JWK set (RFC 7517). */
  readonly keySet: JSONWebKeySet;
}

const MODULUS_BITS_MIN = 2_048;
const RELOAD_MS = 10_000;
const SIGN_AFTER_MS = 60_000;
/** As long as the longest token is valid (cmd/token). */
const UNUSED_AFTER_MS = 3_600_000;
const FIRST_FILE = '0001.pem';

/** Reads the keys of a folder. If it has none, creates the first one; processes that start at once share it. */
export async function readSigningKeys(folder: string): Promise<SigningKeys> {
  try {
    const pems = await readPems(folder);
    if (pems.length > 0) return await toSigningKeys(pems);
    // Another process may have created it.
    await createKey(folder, FIRST_FILE);
    return await toSigningKeys(await readPems(folder));
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `cannot read or create the keys of access tokens in ${folder} (${messageOf(error)}): set TOKEN_KEYS to a folder of RSA keys in PEM files.`,
    );
  }
}

/**
 * Adds a key, and removes the keys before the current one if it has signed for an hour, so that no token of theirs is valid.
 * Returns the names of the files.
 */
export async function rotateSigningKeys(folder: string): Promise<{ added: string; removed: string[] }> {
  const files = await readPems(folder);
  const last = files.at(-1);
  const number = Number(/^\d+/.exec(last?.name ?? '')?.[0] ?? 0) + 1;
  const added = `${String(number).padStart(4, '0')}.pem`;
  if (last && added <= last.name)
    throw new StartError(
      `${added} would not sign, because ${last.name} is after it by name: rename the keys in ${folder} to 0001.pem and so on.`,
    );
  if (!(await createKey(folder, added))) throw new StartError(`${added} exists already: try again.`);
  const isUnused = last !== undefined && Date.now() - last.modifiedMs >= SIGN_AFTER_MS + UNUSED_AFTER_MS;
  const removed = isUnused ? files.slice(0, -1).map(({ name }) => name) : [];
  await Promise.all(removed.map((name) => rm(join(folder, name))));
  return { added, removed };
}

/** Keeps the keys of a folder up to date until disposal. */
export function reloadSigningKeys(
  folder: string,
  logger: Logger,
  use: (keys: SigningKeys) => void,
): AsyncDisposable {
  return repeat(RELOAD_MS, logger, 'reading the keys of access tokens', async () => {
    use(await readSigningKeys(folder));
    return false;
  });
}

/** A key that exists only in this process. */
export function temporarySigningKeys(): Promise<SigningKeys> {
  return toSigningKeys([{ name: '', pem: newPem(), modifiedMs: 0 }]);
}

interface PemFile {
  readonly name: string;
  readonly pem: string;
  readonly modifiedMs: number;
}

async function readPems(folder: string): Promise<PemFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pem')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const [pem, { mtimeMs: modifiedMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
      return { name, pem, modifiedMs };
    }),
  );
}

/** Links a complete file, so that no other process reads a part of it. Returns false if another one has created it. */
async function createKey(folder: string, name: string): Promise<boolean> {
  const temporary = join(folder, `.${process.pid}.tmp`);
  await writeFile(temporary, newPem(), { mode: 0o600 });
  try {
    await link(temporary, join(folder, name));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function newPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: MODULUS_BITS_MIN,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}

async function toSigningKeys(files: readonly PemFile[]): Promise<SigningKeys> {
  const keys = await Promise.all(files.map(({ pem }) => toKey(pem)));
  const isOldEnough = ({ modifiedMs }: PemFile): boolean => Date.now() - modifiedMs >= SIGN_AFTER_MS;
  const signing = keys[Math.max(0, files.findLastIndex(isOldEnough))];
  if (!signing) throw new StartError('there is no key for access tokens.');
  const { privateKey, jwk } = signing;
  return { kid: jwk.kid ?? '', privateKey, keySet: { keys: keys.map((key) => key.jwk) } };
}

async function toKey(pem: string): Promise<{ privateKey: KeyObject; jwk: JWK }> {
  const privateKey = createPrivateKey(pem);
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (privateKey.asymmetricKeyType !== 'rsa' || bits < MODULUS_BITS_MIN)
    throw new Error(`a key is not an RSA key of at least ${MODULUS_BITS_MIN} bits`);
  // Never export the private parts.
  const { kty, n, e } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint({ kty, n, e } as JWK);
  return { privateKey, jwk: { kty, n, e, kid, alg: ALGORITHM, use: 'sig' } as JWK };
}
