import { type EngineKind, TITLES, whatIsMissing } from '#testkit/engine-cache.ts';
import { startKafka } from '#testkit/kafka-engine.ts';
import { startRedis } from '#testkit/redis-engine.ts';
import { startElasticsearch, startOpenSearch } from '#testkit/search-engine.ts';

/**
 * The real engines for tests: `make test-engines` starts one of each and names them in FRITZY_TEST_<ENGINE>; a test file
 * that is run by itself starts what it asks for. Tests that kill an engine start their own.
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

/** The setting that names an engine that runs already. */
export function engineSetting(kind: EngineKind): string {
  return `FRITZY_TEST_${kind.toUpperCase()}`;
}

/**
 * For node:test's `skip`: why the engine cannot be used, with the command that changes it, or false. In CI a missing
 * engine is a failure. `own`: the test starts an engine by itself, so that one named by a setting does not help it.
 */
export function missingEngine(kind: EngineKind, options: { own?: boolean } = {}): string | false {
  if (!options.own && process.env[engineSetting(kind)]) return false;
  const problem = whatIsMissing(kind);
  if (problem !== false && process.env['CI']) throw new Error(`CI must not skip: ${problem}`);
  return problem;
}

/** The engine named by its setting, or one of its own that ends when this is disposed of. */
export async function openTestEngine(kind: EngineKind): Promise<AsyncDisposable & { readonly url: string }> {
  const url = process.env[engineSetting(kind)];
  if (url) return { url, [Symbol.asyncDispose]: async () => {} };
  const problem = whatIsMissing(kind);
  if (problem !== false) throw new Error(`${TITLES[kind]} cannot be started: ${problem}`);
  return STARTS[kind]();
}
