import type { Clients } from '#graphql/graph/clients.ts';
import { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { describeCurrency, settingsFor, type Currency } from '#platform/currency.ts';
import { AppError, StartError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';
import type { Client } from '#platform/rpc.ts';
import type { CatalogService } from '#catalog/pb/catalog_pb.js';
import type { OrderService } from '#order/pb/order_pb.js';

/** The timeout for reading the currency of a service at the start of the gateway. */
const START_TIMEOUT_MS = 1_000;

type Method = (request: never, call: Call) => Promise<unknown>;
type WithCurrency = Client<typeof CatalogService> | Client<typeof OrderService>;

export interface CheckedClients {
  readonly clients: Clients;
  /** Resolves with an error message if a service that responds only after the start has another currency. */
  readonly failed: Promise<string>;
}

/**
 * Returns clients that call a service only after its currency was confirmed to be the gateway's, so that no amount is
 * converted with the wrong decimals. The currency of a service that cannot be reached yet is checked before the next call
 * to it. Throws StartError if a reachable service has another currency.
 */
export async function checkCurrency(
  currency: Currency,
  clients: Clients,
  clock: Clock,
): Promise<CheckedClients> {
  const failed = Promise.withResolvers<string>();
  const catalog = confirmed('catalog', clients.catalog, currency, failed.resolve);
  const orders = confirmed('order', clients.orders, currency, failed.resolve);
  using call = new Call({
    principal: Principal.anonymous,
    requestId: clock.newId(),
    traceparent: undefined,
    nowMs: clock.now(),
    timeoutMs: START_TIMEOUT_MS,
  });
  for (const outcome of await Promise.allSettled([catalog.confirm(call), orders.confirm(call)]))
    if (outcome.status === 'rejected' && outcome.reason instanceof StartError) throw outcome.reason;
  return {
    clients: { ...clients, catalog: catalog.client, orders: orders.client },
    failed: failed.promise,
  };
}

function confirmed<C extends WithCurrency>(
  service: string,
  client: C,
  currency: Currency,
  onMismatch: (line: string) => void,
): { client: C; confirm(call: Call): Promise<void> } {
  let isConfirmed = false;
  const confirm = async (call: Call): Promise<void> => {
    const { currency: stored } = await client.getCurrency({}, call);
    if (stored?.code !== currency.code || stored.decimals !== currency.decimals)
      throw new StartError(mismatch(service, stored, currency));
    isConfirmed = true;
  };
  const confirmThen = async (method: Method, request: never, call: Call): Promise<unknown> => {
    try {
      await confirm(call);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      onMismatch(error.message);
      throw new AppError('UNAVAILABLE', 'The API is stopping because its configured currency is wrong.', {
        cause: error,
      });
    }
    return method(request, call);
  };
  const methods = Object.entries<Method>(client).map(([name, method]) => [
    name,
    (request: never, call: Call) =>
      isConfirmed ? method(request, call) : confirmThen(method, request, call),
  ]);
  return { client: Object.fromEntries(methods) as C, confirm };
}

function mismatch(service: string, stored: Currency | undefined, configured: Currency): string {
  if (stored === undefined) return `the ${service} service does not return its currency: upgrade it first.`;
  return (
    `the ${service} service has amounts in ${describeCurrency(stored)}, but the gateway is configured for ` +
    `${describeCurrency(configured)}: start the gateway with ${settingsFor(stored)}.`
  );
}
