import { catalogMetrics } from '#catalog/metrics.ts';
import { CATALOG_EVENTS } from '#catalog/pb/topics.ts';
import { elasticsearchIndex } from '#catalog/search/elasticsearch.ts';
import { EngineError, openEngine } from '#catalog/search/engine.ts';
import { withFallback } from '#catalog/search/fallback.ts';
import { indexProducts } from '#catalog/search/index-products.ts';
import { aliasOf, productIndex } from '#catalog/search/product-index.ts';
import { rebuildIndex } from '#catalog/search/rebuild-index.ts';
import type { SearchIndex } from '#catalog/search/search-index.ts';
import { createDocumentStore } from '#catalog/search/document-store.ts';
import { startConsumer } from '#platform/events/consumer.ts';
import { within } from '#platform/events/repeat.ts';
import type { Database } from '#platform/postgres/pool.ts';
import { pause, retry, unlessAborted } from '#platform/retry.ts';
import type { ServiceDeps } from '#platform/service.ts';

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 10_000;
/** How often a process looks whether the index that another one builds is there. */
const POLL_MS = 2_000;
const GROUP = 'catalog-search';
const NOT_FOUND = 404;

/**
 * Search on Elasticsearch or OpenSearch, with all that keeps it right: the index is built when there is none, or one
 * made from other settings; events of products are written to it; while it cannot answer, `fallback` does.
 */
export async function startEngineSearch(
  url: string,
  { database, fallback }: { database: Database; fallback: SearchIndex },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<SearchIndex> {
  const { logger } = deps;
  const documents = createDocumentStore(database);
  const engine = stack.use(openEngine(url));
  const alias = aliasOf(url);
  const index = productIndex(engine, alias);
  const builder = stack.use(keepBuilt({ database, documents, index, clock: deps.clock, logger }));
  builder.check();
  const search = stack.use(
    withFallback({
      engine: elasticsearchIndex(engine, alias),
      fallback,
      async probe() {
        try {
          await index.probe();
        } catch (error) {
          if (error instanceof EngineError && error.status === NOT_FOUND) builder.check();
          throw error;
        }
      },
      clock: deps.clock,
      logger,
      metrics: catalogMetrics(deps.telemetry.registry),
    }),
  );
  stack.use(
    await startConsumer(
      { ...deps, log: deps.eventLog },
      {
        group: GROUP,
        topics: [CATALOG_EVENTS],
        // Whoever leaves does not wait for an engine that is silent: a write that is done after all harms nobody.
        effect: (events, signal) =>
          within(
            indexProducts(
              { documents, index },
              events.map(({ key }) => key),
            ),
            { signal },
          ),
      },
    ),
  );
  return search;
}

/** Builds the index where it is missing or made from other settings, in the background, until it is there. */
function keepBuilt(
  deps: Parameters<typeof rebuildIndex>[0] & Pick<ServiceDeps, 'logger'>,
): AsyncDisposable & { check(): void } {
  const stopping = new AbortController();
  const { signal } = stopping;
  let building: Promise<void> | undefined;

  async function build(): Promise<void> {
    while (!signal.aborted && !(await deps.index.isCurrent())) {
      const rebuilt = await rebuildIndex(deps, signal);
      if (rebuilt) {
        const { name, products, refused } = rebuilt;
        deps.logger.info({ index: name, products, refused: refused.length }, 'the search index was built');
      }
      await pause(POLL_MS, signal);
    }
  }

  const buildWithRetries = (): Promise<void> =>
    retry(build, {
      pauseMsMin: PAUSE_MS_MIN,
      pauseMsMax: PAUSE_MS_MAX,
      signal,
      onRetry: (error, pauseMs) =>
        deps.logger.warn(
          { err: error, retry_in_ms: pauseMs },
          'the search index cannot be built yet; retrying',
        ),
    });

  return {
    check: () => {
      building ??= unlessAborted(buildWithRetries(), signal).finally(() => (building = undefined));
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await building;
    },
  };
}
