import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where the engines are that `make engines` collects: in folders named after the content of what they are made of, so
 * that several checkouts share them and a changed version is collected anew.
 */
export const ENGINES = ['kafka', 'elasticsearch', 'opensearch', 'redis'] as const;
export type EngineKind = (typeof ENGINES)[number];
export type JavaEngine = Exclude<EngineKind, 'redis'>;
export const JAVA_ENGINES = ['kafka', 'elasticsearch', 'opensearch'] as const satisfies readonly JavaEngine[];

export const TITLES: Readonly<Record<EngineKind, string>> = {
  kafka: 'Kafka',
  elasticsearch: 'Elasticsearch',
  opensearch: 'OpenSearch',
  redis: 'Redis',
};

export const JAVA_MIN = 17;
/** The one command for what the engines need of Debian and its relatives. */
export const INSTALL_JAVA = `apt-get install openjdk-${JAVA_MIN}-jdk-headless maven`;

/** The folder of the checkout that says what is collected. */
export const DEFINITIONS = fileURLToPath(new URL('../engines', import.meta.url));

/** Changes when the folders' content is laid out in another way. */
const LAYOUT = '2';

export function cacheFolder(): string {
  const { FRITZY_ENGINES, XDG_CACHE_HOME } = process.env;
  return FRITZY_ENGINES || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fritzy', 'engines');
}

/** The folder of an engine's present version; it exists once the engine has been collected. */
export function engineFolder(kind: EngineKind): string {
  return join(
    cacheFolder(),
    kind === 'redis' ? `redis-${hostOf()}` : `${kind}-${definitionHash(DEFINITIONS, kind)}`,
  );
}

/** A class path with everything that `make engines` laid down for it. */
export function classPath(kind: JavaEngine): string {
  return join(engineFolder(kind), 'jars', '*');
}

/** Loaded classes as the JVM can map them: starting an engine takes less than half the processor's time with it. */
export function classArchive(kind: JavaEngine): string {
  return join(engineFolder(kind), 'classes.jsa');
}

/** A hash of the names and contents of all files that an engine in a folder of definitions is made from. */
export function definitionHash(definitions: string, kind: JavaEngine): string {
  const hash = createHash('sha256')
    .update(LAYOUT)
    .update(readFileSync(join(definitions, 'pom.xml')));
  const folder = join(definitions, kind);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const path of paths.filter((path) => /\.(xml|java)$/.test(path))) {
    hash.update(`\n${path}\n`).update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Debian's package is made for a release and a processor. */
function hostOf(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const word = (name: string): string => new RegExp(`^${name}="?([\\w.]+)`, 'm').exec(release)?.[1] ?? 'any';
  return `${word('ID')}-${word('VERSION_ID')}-${process.arch}`;
}

/** The path of a program, looked for as a shell would. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program of the JDK: JAVA_HOME's, or the one on the PATH. */
export function findJdkProgram(name: 'java' | 'javac' | 'jar'): string | undefined {
  const home = process.env['JAVA_HOME'];
  const inHome = home ? join(home, 'bin', name) : '';
  return inHome !== '' && isExecutable(inHome) ? inHome : findProgram(name);
}

let java: { readonly path: string } | { readonly problem: string } | undefined;

/** The `java` that runs engines, or why there is none. Asked once a process. */
export function findJava(): { readonly path: string } | { readonly problem: string } {
  return (java ??= lookForJava());
}

function lookForJava(): { path: string } | { problem: string } {
  const path = findJdkProgram('java');
  if (path === undefined) return { problem: `Java ${JAVA_MIN} or newer is missing (${INSTALL_JAVA})` };
  const { stderr } = spawnSync(path, ['-version'], { encoding: 'utf8', timeout: 30_000 });
  const version = /version "(\d+)/.exec(stderr)?.[1];
  if (version !== undefined && Number(version) >= JAVA_MIN) return { path };
  return {
    problem: `${path} is Java ${version ?? '?'}, but ${JAVA_MIN} or newer is needed (${INSTALL_JAVA})`,
  };
}

export interface RedisProgram {
  readonly path: string;
  /** For the libraries that came with it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The machine's `redis-server`, or the collected one. */
export function findRedis(): RedisProgram | undefined {
  const path = findProgram('redis-server');
  if (path !== undefined) return { path, env: {} };
  const root = engineFolder('redis');
  return existsSync(root) ? redisIn(root) : undefined;
}

/** Debian's package as it was unpacked. */
export function redisIn(root: string): RedisProgram {
  const libraries = join(root, 'usr', 'lib');
  const folders = readdirSync(libraries)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(libraries, name));
  return {
    path: join(root, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: folders.join(delimiter) },
  };
}

/** Why an engine cannot be started here, with what changes that; false if it can. */
export function whatIsMissing(kind: EngineKind): string | false {
  if (kind === 'redis') return findRedis() === undefined && 'Redis is not here: run "make engines"';
  const java = findJava();
  if ('problem' in java) return `${TITLES[kind]} needs Java: ${java.problem}, then run "make engines"`;
  return !existsSync(engineFolder(kind)) && `${TITLES[kind]} is not here: run "make engines"`;
}
