import { type EngineKind, TITLES, installProblem } from '#testkit/engine-cache.ts';
import { startKafka } from '#testkit/kafka-engine.ts';
import { startRedis } from '#testkit/redis-engine.ts';
import { startElasticsearch, startOpenSearch } from '#testkit/search-engine.ts';

/**
 * Real engines for tests. `make test-engines` starts one instance of each and passes their URLs in FRITZY_TEST_<ENGINE>.
 * Without these variables, a test file starts the engines that it needs. Tests that kill an engine start their own.
 */
export type { EngineKind } from '#testkit/engine-cache.ts';
export type { EngineNode } from '#testkit/engine-node.ts';
export { startKafka, type TestKafka } from '#testkit/kafka-engine.ts';
export { startRedis, type TestRedis } from '#testkit/redis-engine.ts';
export { startElasticsearch, startOpenSearch, type TestSearchEngine } from '#testkit/search-engine.ts';

const STARTS = {
  kafka: startKafka,
  elasticsearch: startElasticsearch,
  opensearch: startOpenSearch,
  redis: startRedis,
} satisfies Record<EngineKind, () => Promise<AsyncDisposable & { readonly url: string }>>;

/** The environment variable that contains the URL of a running engine. */
export function engineSetting(kind: EngineKind): string {
  return `FRITZY_TEST_${kind.toUpperCase()}`;
}

/**
 * The `skip` option of a test: why the engine is missing, with the command that installs it, or false. In CI a missing
 * engine is a failure. `own`: the test starts its own engine, so a running one is not sufficient.
 */
export function missingEngine(kind: EngineKind, options: { own?: boolean } = {}): string | false {
  if (!options.own && process.env[engineSetting(kind)]) return false;
  const problem = installProblem(kind);
  if (problem !== false && process.env['CI']) throw new Error(`CI must not skip tests: ${problem}`);
  return problem;
}

/** The running engine, or a new one that stops when the result is disposed of. */
export async function openTestEngine(kind: EngineKind): Promise<AsyncDisposable & { readonly url: string }> {
  const url = process.env[engineSetting(kind)];
  if (url) return { url, [Symbol.asyncDispose]: async () => {} };
  const problem = installProblem(kind);
  if (problem !== false) throw new Error(`${TITLES[kind]} cannot be started: ${problem}`);
  return STARTS[kind]();
}
