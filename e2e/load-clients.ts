import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { postGraphQL } from '#testkit/shop.ts';

/**
 * Clients as a fleet of shop front ends has them: each keeps its connection alive, goes elsewhere when an answer says
 * `Connection: close` or nothing listens, and never sends a request again that it has sent.
 */
export interface LoadOptions {
  /** The gateways. A client begins with one of them and turns to the next. */
  readonly urls: readonly string[];
  readonly clients: number;
  /** A client ends when nothing listens more often than this in a row, on one gateway after the other. */
  readonly refusedMax: number;
  /** The body of the next request of a client, and what to do with its `data`. */
  readonly next: (client: number, count: number) => LoadRequest;
}

export interface LoadRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  // oxlint-disable-next-line typescript/no-explicit-any -- foreign data, which tests take apart
  readonly onData?: (data: any) => void;
}

export interface Tally {
  /** Requests that were answered without errors. */
  answered: number;
  /** Connections that were lost after the request was sent, by their error. */
  readonly resets: string[];
  /** Answers with errors or another status than 200. */
  readonly failures: string[];
  /** The longest time from sending to answering, in milliseconds. */
  slowestMs: number;
}

export interface Load {
  readonly tally: Tally;
  /** Ends after the requests in hand; resolves earlier if nothing listens any more. */
  stop(): Promise<Tally>;
  /** Resolves when all clients have ended. */
  readonly ended: Promise<Tally>;
}

export function startLoad({ urls, clients, refusedMax, next }: LoadOptions): Load {
  const tally: Tally = { answered: 0, resets: [], failures: [], slowestMs: 0 };
  const over = new AbortController();

  async function client(self: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let at = self;
    let refused = 0;
    for (let count = 0; !over.signal.aborted && refused <= refusedMax;) {
      const { onData, ...body } = next(self, count);
      const sentMs = performance.now();
      const outcome = await post(agent, `${urls[at % urls.length]}/graphql`, JSON.stringify(body));
      if (outcome === 'refused') {
        refused += 1;
        at += 1;
        continue;
      }
      count += 1;
      refused = 0;
      tally.slowestMs = Math.max(tally.slowestMs, performance.now() - sentMs);
      if (outcome instanceof Error) {
        tally.resets.push(`${outcome.message} after ${(performance.now() - sentMs).toFixed(0)} ms`);
        continue;
      }
      const { status, closes, answer } = outcome;
      const { data, errors } = parse(answer);
      if (status === 200 && errors === undefined && data !== undefined) {
        tally.answered += 1;
        onData?.(data);
      } else tally.failures.push(`${status} ${answer}`);
      if (closes) at += 1;
    }
    agent.destroy();
  }

  const ended = Promise.all(Array.from({ length: clients }, (_, self) => client(self))).then(() => tally);
  return {
    tally,
    ended,
    stop: () => {
      over.abort();
      return ended;
    },
  };
}

type Outcome = 'refused' | Error | { status: number; closes: boolean; answer: string };

/** One POST. `refused`: no connection came about, so that the request was not sent. */
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

/** What orders need: an account, and products for 0.07 and 19.99. */
export interface Goods {
  readonly accountId: string;
  readonly productIds: readonly [string, string];
}

export async function createGoods(url: string): Promise<Goods> {
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

/** A request that places an order; `acknowledged` gets its id when it is answered. */
export function orderRequest(
  { accountId, productIds }: Goods,
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
