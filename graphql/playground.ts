import { createHash } from 'node:crypto';
import { compressedOnce, negotiateEncoding, type Encoding } from '#graphql/compression.ts';
import type { HttpRequest, HttpResponse } from '#graphql/http.ts';

/**
 * GraphiQL, served by the gateway: nothing is loaded from other hosts. Its tabs have three mutations to run in order and
 * a query for the result. Lines have at most 47 characters: longer lines are clipped at 1280 px.
 */
const TABS = [
  `# 1 · Create an account.
# Press the pink button (or Ctrl+Enter), then
# open the next tab. On this machine the page is
# signed in as an administrator.
mutation CreateAccount {
  createAccount(account: { name: "John Doe" }) {
    id
    name
  }
}
`,
  `# 2 · Create a product.
mutation CreateProduct {
  createProduct(product: {
    name: "iPhone 15 Pro"
    description: "Latest flagship"
    price: 1199.99
  }) {
    id
    name
    price
  }
}
`,
  `# 3 · Order two units. Run it unchanged: this
# page replaces ACCOUNT_ID and PRODUCT_ID with
# the ids that 1 and 2 returned.
mutation CreateOrder {
  createOrder(order: {
    accountId: "ACCOUNT_ID"
    products: [
      { productId: "PRODUCT_ID", quantity: 2 }
    ]
  }) {
    id
    totalPrice
    createdAt
  }
}
`,
  `# 4 · List the accounts and their orders. The
# book icon at the top left opens the docs.
query Accounts {
  accounts(pagination: { skip: 0, take: 10 }) {
    id
    name
    orders {
      id
      createdAt
      totalPrice
      products {
        id
        name
        description
        price
        quantity
      }
    }
  }
}
`,
];

/**
 * A script of the page: stores the ids of the last created account and product and replaces the placeholders. On a
 * development machine, it signs in as an administrator unless the tab has its own Authorization header.
 */
const FILL_IN_IDS = `
  const ids = {};
  const send = globalThis.fetch;
  let token = { text: '', untilMs: 0 };
  const signIn = async () => {
    if (Date.now() < token.untilMs) return token.text;
    const answer = await send('/graphql/development-token', { headers: { 'x-fritzy-playground': '1' } });
    token = { text: answer.ok ? await answer.text() : '', untilMs: Date.now() + 300000 };
    return token.text;
  };
  globalThis.fetch = async (url, init) => {
    let body = init && init.body;
    if (typeof body === 'string') {
      for (const [word, id] of Object.entries(ids)) body = body.replaceAll(word, id);
      const headers = new Headers(init.headers);
      const bearer = headers.has('authorization') ? '' : await signIn();
      if (bearer) headers.set('authorization', 'Bearer ' + bearer);
      init = { ...init, body, headers };
    }
    const response = await send(url, init);
    response.clone().json().then(({ data }) => {
      if (data && data.createAccount) ids.ACCOUNT_ID = data.createAccount.id;
      if (data && data.createProduct) ids.PRODUCT_ID = data.createProduct.id;
    }, () => {});
    return response;
  };
`;

/**
 * GraphiQL animates its tabs and leaves stale offsets on them, which take effect when a tab is pressed (seen in
 * Chromium 156): the tab moves away from the pointer and the click misses it. e2e/playground.test.ts clicks the tabs.
 * On phones the response is shown below the document instead of next to it.
 */
const STYLE = `
  .graphiql-tab { transform: none !important; }
  @media (max-width: 700px) {
    .graphiql-container { flex-direction: column-reverse; height: 100dvh; }
    .graphiql-container .graphiql-sidebar { flex-direction: row; justify-content: center; padding: 0 8px 4px; width: auto; }
    .graphiql-container .graphiql-sidebar > * { margin: 0; }
    .graphiql-container .graphiql-main, #graphiql-session { flex-direction: column; min-height: 0; }
    .graphiql-container .graphiql-main > *, #graphiql-session > * { flex: 1 1 0 !important; min-height: 0; min-width: 0; }
    .graphiql-container .graphiql-sessions { margin: 8px; max-height: none; }
    .graphiql-container .graphiql-horizontal-drag-bar { display: none; }
  }
`;

/** Where the page gets a token of an administrator on a development machine, with the header. */
export const DEVELOPMENT_TOKEN = '/graphql/development-token';
export const PLAYGROUND_HEADER = 'x-fritzy-playground';

/** The path prefix of the assets. Their names contain a hash of their content. */
export const ASSETS = '/graphql/assets/';

const SECURITY = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const PAGE_HEADERS = {
  ...SECURITY,
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': "frame-ancestors 'none'",
  vary: 'accept, accept-encoding',
};
const ASSET_HEADERS = {
  ...SECURITY,
  'cache-control': 'public, max-age=31536000, immutable',
  vary: 'accept-encoding',
};
const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', ico: 'image/x-icon' };

/** The content of a page or an asset with its headers and hash. */
interface Resource {
  readonly headers: Readonly<Record<string, string>>;
  readonly hash: string;
  readonly encoded: (encoding: Encoding | undefined) => Promise<Buffer>;
}

interface Playground {
  readonly page: Resource;
  /** By the last segment of the path. */
  readonly assets: ReadonlyMap<string, Resource>;
}

let playground: Promise<Playground> | undefined;

/** Returns the page or one of its assets, or undefined for any other path. */
export async function playgroundAnswer(request: HttpRequest): Promise<HttpResponse | undefined> {
  // Created on first use: most gateways never serve these 9 MB.
  playground ??= makePlayground().catch((error: unknown) => {
    playground = undefined;
    throw error;
  });
  const { page, assets } = await playground;
  const { path } = request;
  const resource = path.startsWith(ASSETS) ? assets.get(path.slice(ASSETS.length)) : page;
  return resource && answer(resource, request);
}

async function answer({ headers, hash, encoded }: Resource, request: HttpRequest): Promise<HttpResponse> {
  const encoding = negotiateEncoding(request.header('accept-encoding') ?? '');
  // A strong tag: different for each content coding of the same content.
  const etag = `"${hash}${encoding ? `-${encoding}` : ''}"`;
  const all = { ...headers, etag };
  if (matches(request.header('if-none-match'), etag)) return { status: 304, headers: all, body: '' };
  const body = await encoded(encoding);
  return {
    status: 200,
    headers: encoding ? { ...all, 'content-encoding': encoding } : all,
    body,
  };
}

/** If-None-Match compares weakly (RFC 9110, section 13.1.2). */
function matches(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  return condition.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}

async function makePlayground(): Promise<Playground> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const assets = new Map<string, Resource>();
  const add = (name: string, type: keyof typeof TYPES, bytes: Buffer | string): string => {
    const resource = resourceOf(Buffer.from(bytes), { ...ASSET_HEADERS, 'content-type': TYPES[type] });
    const file = `${name}.${resource.hash.slice(0, 16)}.${type}`;
    assets.set(file, resource);
    return ASSETS + file;
  };
  const html = pageOf({
    favicon: add('favicon', 'ico', bytesOfDataUrl(graphiql.favicon)),
    css: add('graphiql', 'css', graphiql.css + STYLE),
    js: add('graphiql', 'js', graphiql.js),
    workers: {
      editorWorkerService: add('editor-worker', 'js', graphiql.editorWorkerService),
      json: add('json-worker', 'js', graphiql.jsonWorker),
      graphql: add('graphql-worker', 'js', graphiql.graphqlWorker),
    },
  });
  return { page: resourceOf(Buffer.from(html), PAGE_HEADERS), assets };
}

function bytesOfDataUrl(url: string): Buffer {
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

function resourceOf(bytes: Buffer, headers: Resource['headers']): Resource {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 27);
  return { headers, hash, encoded: compressedOnce(bytes) };
}

/** Like renderGraphiQL of the same package, but with links to scripts and styles instead of inline text. */
function pageOf(urls: { favicon: string; css: string; js: string; workers: Record<string, string> }): string {
  const options = {
    title: 'Fritzy',
    endpoint: '/graphql',
    defaultTabs: TABS.map((query) => ({ query })),
    defaultEditorToolsVisibility: false,
  };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Fritzy</title>
    <link rel="icon" href="${urls.favicon}" />
    <link rel="stylesheet" href="${urls.css}" />
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>The playground needs JavaScript.</noscript>
    <div id="root"></div>
    <script>${FILL_IN_IDS}</script>
    <script>
      const workers = ${JSON.stringify(urls.workers)};
      self['MonacoEnvironment'] = { globalAPI: false, getWorkerUrl: (_, label) => workers[label] };
    </script>
    <script src="${urls.js}"></script>
    <script>
      YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), ${JSON.stringify(options)});
    </script>
  </body>
</html>
`;
}
