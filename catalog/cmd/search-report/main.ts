import { resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { searchReportSettings } from '#catalog/cmd/search-report/config.ts';
import { findExpected } from '#catalog/cmd/search-report/expected-products.ts';
import { reportCsv, reportTable, summary } from '#catalog/cmd/search-report/format-report.ts';
import { openIndexes } from '#catalog/cmd/search-report/open-indexes.ts';
import { judgeQueries } from '#catalog/cmd/search-report/judge-queries.ts';
import { readQueries } from '#catalog/cmd/search-report/read-queries.ts';
import { EngineError } from '#catalog/search/engine.ts';
import { SEARCH_SETTINGS } from '#catalog/service.ts';
import { readConfig } from '#platform/config.ts';
import { AppError, messageOf, StartError } from '#platform/errors.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { runningServerUrl } from '#platform/postgres/running-server.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/** Prints the ranks of expected products for the queries of a file: `make search-report FILE=queries.csv`. Only reads. */
async function main(signal: AbortSignal): Promise<void> {
  const config = readConfig(process.env, searchReportSettings);
  const queries = await readQueries(config.FILE);
  const url = config.CATALOG_DATABASE_URL ?? runningServerUrl(resolve(config.FRITZY_DATA), 'catalog');
  if (!url)
    throw new StartError(
      'no catalog database found: start the shop with make run, or set CATALOG_DATABASE_URL=postgres://….',
    );
  await using stack = new AsyncDisposableStack();
  const settings = { ...SEARCH_SETTINGS, default_transaction_read_only: 'on' };
  const database = stack.use(openDatabase({ url, name: 'catalog', telemetry: createTelemetry(), settings }));
  const { SEARCH_URL: searchUrl, SEARCH_LANGUAGE: language } = config;
  const indexes = await openIndexes({ database, searchUrl, language }, stack);
  const judged = await findExpected(database, queries, signal);
  const bar = new SingleBar(
    { format: 'queries {bar} {value}/{total}, {eta_formatted} left', clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(judged.length, 0);
  const deps = { database, indexes, onProgress: (done: number) => bar.update(done) };
  const results = await judgeQueries(deps, judged, signal).finally(() => bar.stop());
  if (config.FORMAT === 'csv') {
    console.log(reportCsv(results));
    console.error(summary(results));
  } else console.log(`${reportTable(results)}\n\n${summary(results)}`);
}

const stopping = new AbortController();
const stop = (): void => stopping.abort(new StartError('stopped.'));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
try {
  await main(stopping.signal);
} catch (error) {
  process.exitCode = 1;
  const reason: unknown = stopping.signal.aborted ? stopping.signal.reason : error;
  // Expected: an unreachable engine or database, a wrong file or a wrong setting. Any other error is a bug.
  const isExpected = [StartError, EngineError, AppError].some((kind) => reason instanceof kind);
  console.error(reason instanceof Error && !isExpected ? reason.stack : `fritzy: ${messageOf(reason)}`);
}
for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
