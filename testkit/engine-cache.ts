import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Finds the engines that `make engines` installs. Their folders are named after a hash of their definitions, so that
 * checkouts share them and a changed version is installed again.
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
/** The command that installs the requirements of the engines on Debian. */
export const INSTALL_JAVA = `apt-get install openjdk-${JAVA_MIN}-jdk-headless maven`;

/** The folder that defines the libraries of the engines. */
export const DEFINITIONS = fileURLToPath(new URL('../engines', import.meta.url));

/** Increase this number when the layout of the installed folders changes. */
const LAYOUT = '2';

export function cacheFolder(): string {
  const { FRITZY_ENGINES, XDG_CACHE_HOME } = process.env;
  return FRITZY_ENGINES || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fritzy', 'engines');
}

/** The folder of the current version of an engine; it exists if the engine is installed. */
export function engineFolder(kind: EngineKind): string {
  return join(
    cacheFolder(),
    kind === 'redis' ? `redis-${platformName()}` : `${kind}-${definitionHash(DEFINITIONS, kind)}`,
  );
}

/** The class path of an installed engine. */
export function classPath(kind: JavaEngine): string {
  return join(engineFolder(kind), 'jars', '*');
}

/** The class archive that the JVM maps; it reduces the CPU time of a start by more than half. */
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

/** Debian packages depend on the release and the architecture. */
function platformName(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.]+)`, 'm').exec(release)?.[1] ?? 'any';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

/** The path of a program on PATH. */
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

/** A program of the JDK, from JAVA_HOME or PATH. */
export function findJdkProgram(name: 'java' | 'javac' | 'jar'): string | undefined {
  const home = process.env['JAVA_HOME'];
  const inHome = home ? join(home, 'bin', name) : '';
  return inHome !== '' && isExecutable(inHome) ? inHome : findProgram(name);
}

let java: { readonly path: string } | { readonly problem: string } | undefined;

/** The `java` for the engines, or the reason why there is none. The result is cached. */
export function findJava(): { readonly path: string } | { readonly problem: string } {
  return (java ??= detectJava());
}

function detectJava(): { path: string } | { problem: string } {
  const path = findJdkProgram('java');
  if (path === undefined) return { problem: `Java ${JAVA_MIN} or newer is missing (${INSTALL_JAVA})` };
  const { stderr } = spawnSync(path, ['-version'], { encoding: 'utf8', timeout: 30_000 });
  const version = /version "(\d+)/.exec(stderr)?.[1];
  if (version !== undefined && Number(version) >= JAVA_MIN) return { path };
  return {
    problem: `${path} is Java ${version ?? '?'}, but ${JAVA_MIN} or newer is required (${INSTALL_JAVA})`,
  };
}

export interface RedisProgram {
  readonly path: string;
  /** The path of the libraries that were installed with it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The `redis-server` of the system, or the one that `make engines` installed. */
export function findRedis(): RedisProgram | undefined {
  const path = findProgram('redis-server');
  if (path !== undefined) return { path, env: {} };
  const root = engineFolder('redis');
  return existsSync(root) ? redisIn(root) : undefined;
}

/** The program in an unpacked Debian package. */
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

/** Why an engine cannot be started, with the command that installs it; false if it can be started. */
export function installProblem(kind: EngineKind): string | false {
  if (kind === 'redis') return findRedis() === undefined && 'Redis is not installed: run "make engines"';
  const java = findJava();
  if ('problem' in java) return `${TITLES[kind]} needs Java: ${java.problem}, then run "make engines"`;
  return !existsSync(engineFolder(kind)) && `${TITLES[kind]} is not installed: run "make engines"`;
}
