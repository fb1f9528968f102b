import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import { catalogMetrics } from '#catalog/metrics.ts';
import { EngineError, openEngine } from '#catalog/search/engine.ts';
import { startCatalog } from '#catalog/service.ts';
import { cancelled } from '#platform/call.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { inProcess, type Client } from '#platform/rpc.ts';
import { openServiceBench, type ServiceBench } from '#testkit/service-bench.ts';
import { eventually, fakeClock, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** Starts an HTTP server on loopback and returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The number of searches that PostgreSQL answered, by reason. */
async function fallbacksOf({ deps }: ServiceBench): Promise<Record<string, number>> {
  const { values } = await catalogMetrics(deps.telemetry.registry).fallbacks.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]));
}

const get = { method: 'GET', path: '/x', timeoutMs: 10_000 } as const;

suite('a request to the search engine', () => {
  test('sends user, password and lines, and returns the body of a successful response', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
      request.on('end', () => {
        seen.push(
          request.method,
          request.url,
          request.headers.authorization,
          request.headers['content-type'],
          body,
        );
        response.setHeader('content-type', 'application/json').end('{"ok":true}');
      });
    });
    await using engine = openEngine(`${url.replace('//', '//shop:s%40fe@')}/other-products`);
    const lines = '{"index":{}}\n{}\n';
    assert.deepEqual(await engine.send({ ...get, method: 'POST', lines }), { ok: true });
    const authorization = `Basic ${Buffer.from('shop:s@fe').toString('base64')}`;
    assert.deepEqual(seen, ['POST', '/x', authorization, 'application/x-ndjson', lines]);
  });

  test('throws EngineError with the status of an error response, or with null if there is no complete response in time', async () => {
    const refusing = await serve((_, response) => void response.writeHead(404).end('{}'));
    const silent = await serve(() => {});
    const halfway = await serve(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"ok":'),
    );
    const breaking = await serve((request) => void request.socket.destroy());
    for (const [url, status] of [
      [refusing, 404],
      [silent, null],
      [halfway, null],
      [breaking, null],
      ['http://127.0.0.1:9', null],
    ] as const) {
      await using engine = openEngine(url);
      await assert.rejects(engine.send({ ...get, timeoutMs: 100 }), (error) => {
        assert.ok(error instanceof EngineError);
        assert.equal(error.status, status, url);
        return true;
      });
    }
  });

  test('rejects with the reason of the abort signal, before and during the request', async () => {
    let isReceived = false;
    const url = await serve(() => void (isReceived = true));
    await using engine = openEngine(url);
    const reason = new Error('cancelled by the test');
    await assert.rejects(engine.send({ ...get, signal: AbortSignal.abort(reason) }), reason);
    const aborting = new AbortController();
    const answer = assert.rejects(engine.send({ ...get, signal: aborting.signal }), reason);
    await eventually(() => assert.ok(isReceived));
    aborting.abort(reason);
    await answer;
  });
});

test('a catalog whose search engine is unreachable from the start searches in PostgreSQL and logs that once', async () => {
  const bench = await openServiceBench('catalog', stack);
  await using own = new AsyncDisposableStack();
  const config = { databaseUrl: bench.url, searchUrl: 'http://127.0.0.1:9' };
  const { implementation, ready } = await startCatalog(config, bench.deps, own);
  const catalog = inProcess(implementation);
  await ready();
  await catalog.createProduct({ name: 'Lamp' }, testCall());
  for (let n = 0; n < 10; n++) {
    const { products } = await catalog.searchProducts({ query: 'lampp', size: 10 }, testCall());
    const suggested = await catalog.suggestProducts({ prefix: 'la', size: 5 }, testCall());
    assert.deepEqual([products[0]?.name, suggested.products[0]?.name], ['Lamp', 'Lamp']);
  }
  const { engineUp } = catalogMetrics(bench.deps.telemetry.registry);
  assert.equal((await engineUp.get()).values[0]?.value, 0);
  assert.deepEqual(await fallbacksOf(bench), { refused: 0, failed: 3, down: 17 });
  const down = 'the search engine cannot be used; PostgreSQL answers searches';
  assert.equal(bench.logLines.filter(({ msg }) => msg === down).length, 1);
});

suite('the search engine is marked down for its own failures only', () => {
  /** Runs `work` on a catalog whose engine answers searches with `answer`. Returns whether the engine is still up. */
  async function isUpAfter(
    answer: RequestListener,
    work: (catalog: Client<typeof CatalogService>, bench: ServiceBench) => Promise<void>,
    clock: Clock = systemClock,
  ): Promise<boolean> {
    const bench = await openServiceBench('catalog', stack, clock);
    await using own = new AsyncDisposableStack();
    const searchUrl = await serve((request, response) =>
      request.url?.includes('/_search') ? answer(request, response) : void response.writeHead(503).end('{}'),
    );
    const { implementation } = await startCatalog({ databaseUrl: bench.url, searchUrl }, bench.deps, own);
    const catalog = inProcess(implementation);
    await catalog.createProduct({ name: 'Lamp' }, testCall());
    await work(catalog, bench);
    return (await catalogMetrics(bench.deps.telemetry.registry).engineUp.get()).values[0]?.value === 1;
  }

  const searchOften = async (catalog: Client<typeof CatalogService>): Promise<void> => {
    for (let n = 0; n < 10; n++) {
      const { products } = await catalog.searchProducts({ query: 'lamp', size: 10 }, testCall());
      assert.equal(products[0]?.name, 'Lamp', 'PostgreSQL answers');
    }
  };

  test('an engine that answers 400 stays up, and PostgreSQL answers; an engine that answers 500 is marked down', async () => {
    const refuse =
      (status: number): RequestListener =>
      (_, response) =>
        void response.writeHead(status).end('{}');
    assert.equal(await isUpAfter(refuse(400), searchOften), true);
    assert.equal(await isUpAfter(refuse(500), searchOften), false);
  });

  test('refused searches are counted in a metric, and logged immediately and then at most once a minute', async () => {
    const clock = fakeClock();
    const warnings = ({ logLines }: ServiceBench): unknown[] =>
      logLines
        .filter(({ level, msg }) => level === 40 && /refuses searches/.test(String(msg)))
        .map(({ refused }) => refused);
    const isUp = await isUpAfter(
      (_, response) => void response.writeHead(400).end('{}'),
      async (catalog, bench) => {
        await searchOften(catalog);
        assert.deepEqual(warnings(bench), [1]);
        clock.advance(59_999);
        await searchOften(catalog);
        assert.deepEqual(warnings(bench), [1]);
        clock.advance(1);
        await searchOften(catalog);
        assert.deepEqual(warnings(bench), [1, 20]);
        assert.deepEqual(await fallbacksOf(bench), { refused: 30, failed: 0, down: 0 });
      },
      clock,
    );
    assert.equal(isUp, true);
  });

  test('cancelled searches do not count as failures; timeouts do', async () => {
    let received = 0;
    const cancelOften = async (catalog: Client<typeof CatalogService>): Promise<void> => {
      for (let n = 1; n <= 5; n++) {
        const call = testCall();
        const query = `lamp ${n}`;
        const answer = assert.rejects(catalog.searchProducts({ query, size: 10 }, call), {
          reason: 'CANCELLED',
        });
        await eventually(() => assert.equal(received, n));
        const sinceMs = performance.now();
        await eventually(() => assert.ok(performance.now() - sinceMs > 300));
        call.abort(cancelled());
        await answer;
      }
    };
    assert.equal(await isUpAfter(() => void (received += 1), cancelOften), true);
    assert.equal(await isUpAfter(() => {}, searchOften), false);
  });
});
