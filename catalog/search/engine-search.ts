import type { SearchLanguage } from '#catalog/search/language.ts';
import { catalogMetrics } from '#catalog/metrics.ts';
import { CATALOG_EVENTS } from '#catalog/pb/topics.ts';
import { elasticsearchBackend } from '#catalog/search/elasticsearch.ts';
import { EngineError, openEngine } from '#catalog/search/engine.ts';
import { withFallback } from '#catalog/search/fallback.ts';
import { indexProducts } from '#catalog/search/index-products.ts';
import { aliasOf, productIndex } from '#catalog/search/product-index.ts';
import { planSearch } from '#catalog/search/plan-search.ts';
import type { Planner } from '#catalog/search/planner.ts';
import type { Lexicon } from '#catalog/search/postgres/lexicon.ts';
import { textFingerprint } from '#catalog/search/postgres/tables.ts';
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
/** Interval at which a process checks whether the index that another process builds is complete. */
const POLL_MS = 2_000;
const GROUP = 'catalog-search';
const NOT_FOUND = 404;

/**
 * Starts search on Elasticsearch or OpenSearch: builds the index if it is missing or was built with other settings,
 * indexes the products of catalog events, and searches in `fallback` while the engine is down.
 */
export async function startEngineSearch(
  url: string,
  search: {
    database: Database;
    lexicon: Lexicon;
    language: SearchLanguage;
    planner: Planner;
    fallback: SearchIndex;
  },
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<SearchIndex> {
  const { logger } = deps;
  const { database, fallback } = search;
  const documents = createDocumentStore(database, search.lexicon);
  const engine = stack.use(openEngine(url));
  const alias = aliasOf(url);
  const index = productIndex(engine, alias, textFingerprint(search.language));
  const builder = stack.use(keepIndexCurrent({ database, documents, index, clock: deps.clock, logger }));
  builder.check();
  const searchIndex = stack.use(
    withFallback({
      engine: planSearch(search.planner, elasticsearchBackend(engine, index.searchAlias)),
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
        // A stopping member does not wait for an engine that hangs: writes are idempotent, so a late write is safe.
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
  return searchIndex;
}

/** Builds the index in the background if it is missing or was built with other settings; retries until it exists. */
function keepIndexCurrent(
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
