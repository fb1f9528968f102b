import { resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { reindexSettings } from '#catalog/cmd/reindex/config.ts';
import { EngineError, openEngine } from '#catalog/search/engine.ts';
import { aliasOf, productIndex } from '#catalog/search/product-index.ts';
import { createLexicon } from '#catalog/search/postgres/lexicon.ts';
import { searchTables, textFingerprint } from '#catalog/search/postgres/tables.ts';
import { rebuildIndex } from '#catalog/search/rebuild-index.ts';
import { createDocumentStore } from '#catalog/search/document-store.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig } from '#platform/config.ts';
import { AppError, messageOf, StartError } from '#platform/errors.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { runningServerUrl } from '#platform/postgres/running-server.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** Rebuilds the search index while the shop runs: `make reindex`. */
async function main(signal: AbortSignal): Promise<void> {
  const config = readConfig(process.env, reindexSettings);
  const { SEARCH_URL: searchUrl } = config;
  if (!/^https?:/.test(searchUrl))
    throw new StartError(
      'SEARCH_URL does not name a search engine: search in PostgreSQL needs no index. If the shop uses a search engine, set the same SEARCH_URL=http://… here.',
    );
  const url = config.CATALOG_DATABASE_URL ?? runningServerUrl(resolve(config.FRITZY_DATA), 'catalog');
  if (!url)
    throw new StartError(
      'no catalog database found: start the shop with make run, or set CATALOG_DATABASE_URL=postgres://….',
    );
  await using database = openDatabase({ url, name: 'catalog', telemetry: createTelemetry() });
  await using engine = openEngine(searchUrl);
  const { SEARCH_LANGUAGE: language } = config;
  const documents = createDocumentStore(database, createLexicon(searchTables(language), language));
  const index = productIndex(engine, aliasOf(searchUrl), textFingerprint(language));
  const bar = new SingleBar(
    {
      format: 'products {bar} {percentage} % {value}/{total}, {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 2_000,
    },
    Presets.shades_classic,
  );
  bar.start(await documents.countOnSale(), 0);
  const startedMs = performance.now();
  const deps = {
    database,
    documents,
    index,
    clock: systemClock,
    onProgress: (done: number) => bar.update(done),
  };
  const rebuilt = await rebuildIndex(deps, signal).finally(() => bar.stop());
  if (!rebuilt)
    throw new StartError('another rebuild of this index is running: wait until it ends, or stop it.');
  const { name, products, refused } = rebuilt;
  for (const { id, reason } of refused) console.error(`skipped product ${id}: ${reason}`);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(`${index.alias} is now ${name}: ${products - refused.length} products in ${seconds} s.`);
  if (refused.length > 0) process.exitCode = 1;
}

const stopping = new AbortController();
const stop = (): void => stopping.abort(new StartError('stopped; the index in use is complete.'));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
try {
  await main(stopping.signal);
} catch (error) {
  process.exitCode = 1;
  const reason: unknown = stopping.signal.aborted ? stopping.signal.reason : error;
  // Expected: an unreachable engine or database, or a wrong setting. Any other error is a bug; its stack is printed.
  const isExpected = [StartError, EngineError, AppError].some((kind) => reason instanceof kind);
  console.error(reason instanceof Error && !isExpected ? reason.stack : `fritzy: ${messageOf(reason)}`);
}
for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
