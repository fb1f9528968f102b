import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  cacheFolder,
  classArchive,
  DEFINITIONS,
  engineFolder,
  findJava,
  findJdkProgram,
  findProgram,
  INSTALL_JAVA,
  type JavaEngine,
  TITLES,
} from '#testkit/engine-cache.ts';
import { type EngineNode, startElasticsearch, startKafka, startOpenSearch } from '#testkit/engines.ts';

const PROGRESS_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000;
const COMPILE_TIMEOUT_MS = 120_000;
const LINES_MAX = 30;

/** Installs engines: downloads their libraries with Maven, which verifies checksums, and compiles their start classes. */
export async function installJavaEngines(kinds: readonly JavaEngine[]): Promise<void> {
  if (kinds.length === 0) return;
  if (!areToolsInstalled()) installToolsInCi();
  const javac = findJdkProgram('javac');
  const jar = findJdkProgram('jar');
  const mvn = findProgram('mvn');
  const java = findJava();
  const names = kinds.map((kind) => TITLES[kind]).join(', ');
  if ('problem' in java) throw new Error(`${names}: ${java.problem}, then run "make engines" again`);
  if (javac === undefined || jar === undefined || mvn === undefined) {
    const missing = [...(javac && jar ? [] : ['javac']), ...(mvn ? [] : ['mvn'])].join(' and ');
    throw new Error(`${names}: ${missing} is missing (${INSTALL_JAVA}), then run "make engines" again`);
  }
  const folder = join(cacheFolder(), `.new-${process.pid}`);
  try {
    console.log(`${names}: downloading libraries from Maven Central (once, 5 to 60 s) ...`);
    await download(mvn, kinds, folder);
    for (const kind of kinds) {
      console.log(`${TITLES[kind]}: compiling, then starting once ...`);
      compile(javac, jar, kind, join(folder, kind));
      renameSync(join(folder, kind), engineFolder(kind));
      await archiveClasses(kind);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function areToolsInstalled(): boolean {
  return (
    !('problem' in findJava()) && findJdkProgram('javac') !== undefined && findProgram('mvn') !== undefined
  );
}

/** Installs Java and Maven, only in CI, where the machine is discarded afterwards. */
function installToolsInCi(): void {
  if (!process.env['CI'] || process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return;
  console.log(`CI: ${INSTALL_JAVA} ...`);
  const script = `apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${INSTALL_JAVA} -y -qq --no-install-recommends >/dev/null`;
  const { status } = spawnSync('sh', ['-c', script], { stdio: 'inherit', timeout: DOWNLOAD_TIMEOUT_MS });
  if (status !== 0) throw new Error(`${INSTALL_JAVA} failed`);
}

async function download(mvn: string, kinds: readonly JavaEngine[], folder: string): Promise<void> {
  const child = spawn(
    mvn,
    [
      '--batch-mode',
      '-Dstyle.color=never',
      '--strict-checksums',
      '--threads=2',
      `--file=${join(DEFINITIONS, 'pom.xml')}`,
      `--projects=${kinds.join(',')}`,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${join(folder, '${project.artifactId}', 'jars')}`,
      'dependency:copy-dependencies',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: DOWNLOAD_TIMEOUT_MS, killSignal: 'SIGKILL' },
  );
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let files = 0;
  let reportedMs = performance.now();
  const errors: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('ERROR') && errors.length < LINES_MAX) errors.push(line);
    if (!line.includes('Downloaded from')) continue;
    files += 1;
    if (performance.now() - reportedMs < PROGRESS_MS) continue;
    console.log(`  ${files} files downloaded`);
    reportedMs = performance.now();
  }
  const [code] = await exited;
  if (code !== 0)
    throw new Error(
      `Maven failed (${code ?? `no result after ${DOWNLOAD_TIMEOUT_MS / 60_000} minutes`}):\n${errors.join('\n')}`,
    );
}

/** Compiles into a jar, because class archives support jars only. */
function compile(javac: string, jar: string, kind: JavaEngine, folder: string): void {
  const sources = join(DEFINITIONS, kind, 'java');
  if (!existsSync(sources)) return;
  const classes = join(folder, 'classes');
  mkdirSync(classes, { recursive: true });
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.java'))
    .map((path) => join(sources, path));
  const jars = join(folder, 'jars');
  run(javac, ['--release', '17', '-nowarn', '-d', classes, '-cp', join(jars, '*'), ...files]);
  run(jar, ['--create', '--file', join(jars, `fritzy-${kind}.jar`), '-C', classes, '.']);
  rmSync(classes, { recursive: true });
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: COMPILE_TIMEOUT_MS });
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
}

const STARTS = {
  kafka: async (archiveTo: string) => {
    const kafka = await startKafka({ brokers: 1, archiveTo });
    return { engine: kafka, nodes: kafka.brokers };
  },
  elasticsearch: async (archiveTo: string) => {
    const engine = await startElasticsearch({ archiveTo });
    return { engine, nodes: [engine] };
  },
  opensearch: async (archiveTo: string) => {
    const engine = await startOpenSearch({ archiveTo });
    return { engine, nodes: [engine] };
  },
} satisfies Record<
  JavaEngine,
  (to: string) => Promise<{ engine: AsyncDisposable; nodes: readonly EngineNode[] }>
>;

/** Starts the engine once, which also verifies that it runs here, and archives the classes that it loads. */
async function archiveClasses(kind: JavaEngine): Promise<void> {
  const file = `${classArchive(kind)}.new`;
  const { engine, nodes } = await STARTS[kind](file);
  await using _engine = engine;
  for (const node of nodes) await node.stop();
  if (existsSync(file)) renameSync(file, classArchive(kind));
  else console.log(`  ${TITLES[kind]}: this Java cannot write class archives; each start takes longer`);
}
