import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { postGraphQL } from '#testkit/shop.ts';

/**
 * Load from many HTTP clients. Each client reuses its connection, switches to the next gateway after an answer with
 * `Connection: close` or a refused connection, and never repeats a request that it has sent.
 */
export interface LoadOptions {
  /** The gateways. The clients start at different gateways. */
  readonly urls: readonly string[];
  readonly clients: number;
  /** A client ends after more consecutive refused connections than this. */
  readonly refusedMax: number;
  /** The next request of a client. */
  readonly next: (client: number, count: number) => LoadRequest;
}

export interface LoadRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of unknown shape
  readonly onData?: (data: any) => void;
}

export interface LoadStats {
  /** The number of requests answered without errors. */
  answered: number;
  /** Errors of connections lost after the request was sent. */
  readonly resets: string[];
  /** Answers with errors or a status other than 200. */
  readonly failures: string[];
  /** The longest latency. */
  slowestMs: number;
}

export interface Load {
  readonly stats: LoadStats;
  /** Sends no further requests; resolves when the requests in flight have ended. */
  stop(): Promise<LoadStats>;
  /** Resolves when all clients have ended. */
  readonly ended: Promise<LoadStats>;
}

export function startLoad({ urls, clients, refusedMax, next }: LoadOptions): Load {
  const stats: LoadStats = { answered: 0, resets: [], failures: [], slowestMs: 0 };
  const stopping = new AbortController();

  async function client(index: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let gateway = index;
    let refused = 0;
    for (let count = 0; !stopping.signal.aborted && refused <= refusedMax;) {
      const { onData, ...body } = next(index, count);
      const sentMs = performance.now();
      const outcome = await post(agent, `${urls[gateway % urls.length]}/graphql`, JSON.stringify(body));
      if (outcome === 'refused') {
        refused += 1;
        gateway += 1;
        continue;
      }
      count += 1;
      refused = 0;
      stats.slowestMs = Math.max(stats.slowestMs, performance.now() - sentMs);
      if (outcome instanceof Error) {
        stats.resets.push(`${outcome.message} after ${(performance.now() - sentMs).toFixed(0)} ms`);
        continue;
      }
      const { status, closes, answer } = outcome;
      const { data, errors } = parse(answer);
      if (status === 200 && errors === undefined && data !== undefined) {
        stats.answered += 1;
        onData?.(data);
      } else stats.failures.push(`${status} ${answer}`);
      if (closes) gateway += 1;
    }
    agent.destroy();
  }

  const ended = Promise.all(Array.from({ length: clients }, (_, index) => client(index))).then(() => stats);
  return {
    stats,
    ended,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

type Outcome = 'refused' | Error | { status: number; closes: boolean; answer: string };

/** Sends one POST. `refused`: the connection was refused, and the request was not sent. */
function post(agent: Agent, url: string, body: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers });
    sent.on('response', (response: IncomingMessage) => {
      text(response).then(
        (answer) =>
          resolve({
            status: response.statusCode ?? 0,
            closes: response.headers.connection === 'close',
            answer,
          }),
        (error: Error) => resolve(error),
      );
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : error),
    );
    sent.end(body);
  });
}

function parse(answer: string): { data?: unknown; errors?: unknown } {
  try {
    return JSON.parse(answer) as { data?: unknown; errors?: unknown };
  } catch {
    return { errors: answer };
  }
}

/** The entities that an order refers to: an account, and products for 0.07 and 19.99. */
export interface OrderFixtures {
  readonly accountId: string;
  readonly productIds: readonly [string, string];
}

export async function createOrderFixtures(url: string): Promise<OrderFixtures> {
  const { data } = await postGraphQL(url, {
    query: `mutation {
      createAccount(account: { name: "Buyer" }) { id }
      a: createProduct(product: { name: "Nail", price: 0.07 }) { id }
      b: createProduct(product: { name: "Hammer", price: 19.99 }) { id }
    }`,
  });
  return { accountId: data.createAccount.id, productIds: [data.a.id, data.b.id] };
}

export const ORDER = 'mutation ($order: OrderInput!) { createOrder(order: $order) { id totalPrice } }';

/** A request that places an order. The answer adds the order id to `acknowledged`. */
export function orderRequest(
  { accountId, productIds }: OrderFixtures,
  quantity: number,
  acknowledged: Set<string>,
): LoadRequest {
  const products = productIds.map((productId) => ({ productId, quantity }));
  return {
    query: ORDER,
    variables: { order: { accountId, products } },
    onData: (data) => void acknowledged.add(data.createOrder.id),
  };
}
