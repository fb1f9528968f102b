import assert from 'node:assert/strict';
import pg from 'pg';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { openEngine } from '#catalog/search/engine.ts';
import { aliasOf, productIndex, type ProductIndex } from '#catalog/search/product-index.ts';
import { SEARCH_LANGUAGE_DEFAULT } from '#catalog/search/language.ts';
import { textFingerprint } from '#catalog/search/postgres/tables.ts';
import { lineOf } from '#catalog/search/text/product-text.ts';
import { startCatalog } from '#catalog/service.ts';
import { systemClock } from '#platform/clock.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openEventLog, type ServiceDeps } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { eventually, memoryLogger } from '#testkit/shop.ts';

/** A catalog service that indexes its products in a real search engine. */
export interface EngineCatalog {
  readonly catalog: Client<typeof CatalogService>;
  readonly index: ProductIndex;
  readonly searchUrl: string;
  readonly databaseUrl: string;
  readonly deps: ServiceDeps;
  readonly logLines: readonly Record<string, unknown>[];
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** Starts a second instance of the service; the first keeps running. */
  restart(): Promise<void>;
  /** Rejects unless the index contains the current version of every product. */
  compare(): Promise<void>;
  /** Waits until `compare` succeeds. */
  settle(): Promise<void>;
}

/** Opens a catalog that has its own alias in the engine. */
export async function openEngineCatalog(
  engineUrl: string,
  stack: AsyncDisposableStack,
): Promise<EngineCatalog> {
  const postgres = stack.use(await openTestPostgres());
  const [databaseUrl, eventsUrl] = await Promise.all([
    postgres.createDatabase('catalog'),
    postgres.createDatabase('events'),
  ]);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  stack.defer(() => client.end());
  const rows = async <R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> =>
    (await client.query<R>(sql, [...values])).rows;

  const { logger, lines } = memoryLogger();
  const own = { logger, telemetry: createTelemetry(), clock: systemClock };
  const deps = { ...own, eventLog: await openEventLog(eventsUrl, own, stack) };
  const searchUrl = `${engineUrl}/test-${systemClock.newId()}`;
  const engine = stack.use(openEngine(engineUrl));
  const index = productIndex(engine, aliasOf(searchUrl), textFingerprint(SEARCH_LANGUAGE_DEFAULT));
  const { implementation } = await startCatalog({ databaseUrl, searchUrl }, deps, stack);
  // The first index is built in the background; another rebuild cannot start before it ends.
  await eventually(() => assert.ok(lines.some(({ msg }) => msg === 'the search index was built')), 60_000);

  /** Version, status and terms of the name of each document behind the alias, by id. */
  async function indexed(): Promise<Map<string, string>> {
    await index.refresh(index.alias);
    const found = new Map<string, string>();
    let after: unknown[] | undefined;
    do {
      const body = {
        size: 5_000,
        version: true,
        sort: [{ id: 'asc' }],
        ...(after && { search_after: after }),
      };
      const path = `/${index.alias}/_search?filter_path=hits.hits._id,hits.hits._version,hits.hits._source,hits.hits.sort`;
      const { hits } = await engine.send<{ hits?: { hits: EngineHit[] } }>({
        method: 'POST',
        path,
        body,
        timeoutMs: 30_000,
      });
      for (const { _id: id, _version: version, _source: source } of hits?.hits ?? [])
        found.set(id, `${version} ${source.on_sale} ${source.line}`);
      after = hits?.hits.at(-1)?.sort;
    } while (after);
    return found;
  }

  async function compare(): Promise<void> {
    const products = await rows<{ id: string; version: string; on_sale: boolean; name: string }>(
      'SELECT id, version, archived_at IS NULL AS on_sale, name FROM product',
    );
    const found = await indexed();
    for (const { id, version, on_sale: onSale, name } of products) {
      const has = found.get(id);
      if (!onSale && has === undefined) continue;
      assert.equal(has, `${version} ${onSale} ${lineOf(name)}`, `product ${id} in the index`);
    }
    assert.ok(found.size <= products.length);
  }

  return {
    catalog: inProcess(implementation),
    index,
    searchUrl,
    databaseUrl,
    deps,
    logLines: lines,
    rows,
    restart: async () => void (await startCatalog({ databaseUrl, searchUrl }, deps, stack)),
    compare,
    settle: () => eventually(compare, 60_000),
  };
}

interface EngineHit {
  readonly _id: string;
  readonly _version: number;
  readonly _source: { readonly on_sale: boolean; readonly line: string };
  readonly sort: unknown[];
}
