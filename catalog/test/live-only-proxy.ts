import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The path with which product-index.ts lists its indices, and the suffix that it appends to the alias. */
const LISTS_INDICES = /^\/[^/?]+-\*\?/;
const TIME = /-\d{17}$/;

/**
 * Known-bad twin of writing to every index: a proxy of the search engine that hides each index without the alias. A
 * catalog that uses it writes changes only to the index in use.
 */
export async function startLiveOnlyProxy(
  engineUrl: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', url = '/', headers } = request;
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
      const answer = await fetch(`${engineUrl}${url}`, {
        method,
        headers: { 'content-type': headers['content-type'] ?? 'application/json' },
        ...(body.length > 0 && { body }),
      });
      let text = await answer.text();
      if (answer.ok && LISTS_INDICES.test(url)) {
        const indices = Object.entries(JSON.parse(text) as Record<string, { aliases?: object }>);
        const live = indices.filter(([name, { aliases = {} }]) => name.replace(TIME, '') in aliases);
        text = JSON.stringify(Object.fromEntries(live));
      }
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
      });
      response.end(text);
    })().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
