import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { checkCurrency } from '#graphql/currency-check.ts';
import type { Clients } from '#graphql/graph/clients.ts';
import type { Call } from '#platform/call.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError, StartError } from '#platform/errors.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { startTestShop, testCall, type TestShop } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const postgres = stack.use(await openTestPostgres());
const inYen = stack.use(await startTestShop({ postgres, currency: 'JPY', link: 'grpc' }));

const JPY = { code: 'JPY', decimals: 0 };
const USD = { code: 'USD', decimals: 2 };

type Method = (request: never, call: Call) => Promise<unknown>;

/** Returns the shop's clients. Catalog and orders are unreachable until `state.isUp`. */
function withOutage({ clients }: TestShop): { clients: Clients; state: { isUp: boolean } } {
  const state = { isUp: false };
  const interruptible = <C extends object>(client: C): C =>
    Object.fromEntries(
      Object.entries(client as Record<string, Method>).map(([name, method]) => [
        name,
        async (request: never, call: Call) => {
          if (!state.isUp) throw new AppError('UNAVAILABLE', 'The service cannot be reached.');
          return method(request, call);
        },
      ]),
    ) as C;
  return {
    clients: { ...clients, catalog: interruptible(clients.catalog), orders: interruptible(clients.orders) },
    state,
  };
}

suite('the currency of the gateway', () => {
  test('the API returns the currency and the name of the shop', async () => {
    const { data, errors } = await inYen.graphql('{ shop { name currency { code decimals } } }');
    assert.equal(errors, undefined);
    assert.deepEqual(data, { shop: { name: 'Fritzy', currency: JPY } });
    const named = await inYen.addGateway({ config: { shop: { name: 'Kiosk', currency: JPY } } });
    assert.equal((await named.graphql('{ shop { name } }')).data.shop.name, 'Kiosk');
  });

  test('the gateway does not start with a currency other than that of the data', async () => {
    for (const currency of [USD, { code: 'JPY', decimals: 2 }])
      await assert.rejects(
        inYen.addGateway({ config: { shop: { name: 'Kiosk', currency } } }),
        (error) =>
          error instanceof StartError &&
          /^the catalog service has amounts in JPY with 0 decimals, .*: start the gateway with CURRENCY=JPY CURRENCY_DECIMALS=0\.$/.test(
            error.message,
          ),
      );
  });

  test('the currency of a service that was unreachable at the start is checked before the first call', async () => {
    const { clients, state } = withOutage(inYen);
    const checked = await checkCurrency(JPY, clients, systemClock);
    await assert.rejects(checked.clients.catalog.listProducts({}, testCall()), { reason: 'UNAVAILABLE' });
    state.isUp = true;
    assert.deepEqual((await checked.clients.catalog.listProducts({}, testCall())).products, []);
  });

  /** Creates a product in a catalog with another currency that was unreachable at the start of the gateway. */
  async function writesInOtherCurrency(toClients: (clients: Clients) => Promise<Clients>): Promise<boolean> {
    const { clients, state } = withOutage(inYen);
    const { catalog } = await toClients(clients);
    state.isUp = true;
    const before = (await inYen.clients.catalog.listProducts({}, testCall())).products.length;
    await catalog.createProduct({ name: 'Chair', priceMinor: 150_000n }, testCall()).catch(() => {});
    return (await inYen.clients.catalog.listProducts({}, testCall())).products.length > before;
  }

  test('another currency of such a service stops the gateway with a message, and nothing is written', async () => {
    let line = '';
    const wrote = await writesInOtherCurrency(async (clients) => {
      const checked = await checkCurrency(USD, clients, systemClock);
      void checked.failed.then((text) => (line = text));
      return checked.clients;
    });
    assert.equal(wrote, false);
    assert.match(
      line,
      /^the catalog service has amounts in JPY .*: start the gateway with CURRENCY=JPY CURRENCY_DECIMALS=0\.$/,
    );
  });

  test('known-bad twin: a gateway that checks only at the start writes in the wrong currency', async () => {
    const wrote = await writesInOtherCurrency(async (clients) => {
      await checkCurrency(USD, clients, systemClock);
      return clients;
    });
    assert.equal(wrote, true);
  });
});
