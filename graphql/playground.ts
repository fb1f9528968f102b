import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { HttpResponse } from '#graphql/http.ts';

/**
 * GraphiQL, served by the gateway itself: nothing is loaded from elsewhere. Its tabs hold the first three mutations,
 * ready to be run in order, and a look at the result. Lines have at most 47 characters: more are cut off at 1280 px.
 */
const TABS = [
  `# 1 · Open an account.
# Press the pink button (or Ctrl+Enter), then
# go on to the next tab.
mutation CreateAccount {
  createAccount(account: { name: "John Doe" }) {
    id
    name
  }
}
`,
  `# 2 · Add a product.
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
  `# 3 · Order two of them. Run it as it stands:
# this page sends the ids that 1 and 2 gave in
# place of ACCOUNT_ID and PRODUCT_ID.
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
  `# 4 · See what is there now. The book at the
# top left explains every field.
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

/** Runs in the page: remembers the ids of what was created last and puts them where a document asks for them. */
const FILL_IN_IDS = `
  const ids = {};
  const send = globalThis.fetch;
  globalThis.fetch = async (url, init) => {
    let body = init && init.body;
    if (typeof body === 'string') {
      for (const [word, id] of Object.entries(ids)) body = body.replaceAll(word, id);
      init = { ...init, body };
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
 * GraphiQL animates its tabs and leaves stale offsets on them, which take effect as soon as one is pressed (seen in
 * Chromium 156): it jumps away from under the pointer and the click misses it. e2e/playground.test.ts clicks them.
 */
const STYLE = '.graphiql-tab { transform: none !important; }';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  vary: 'accept, accept-encoding',
};

let zipped: Promise<Buffer> | undefined;

/** The page. It is made on first use, since its 9 MB are of no use to a gateway that nobody looks at. */
export async function playgroundPage(acceptEncoding: string | undefined): Promise<HttpResponse> {
  zipped ??= makePage().catch((error: unknown) => {
    zipped = undefined;
    throw error;
  });
  const page = await zipped;
  if (acceptEncoding?.includes('gzip'))
    return { status: 200, headers: { ...HEADERS, 'content-encoding': 'gzip' }, body: page };
  return { status: 200, headers: HEADERS, body: await promisify(gunzip)(page) };
}

async function makePage(): Promise<Buffer> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const options = {
    title: 'Fritzy',
    endpoint: '/graphql',
    defaultTabs: TABS.map((query) => ({ query })),
    defaultEditorToolsVisibility: false,
  };
  const root = '<div id="root"></div>';
  const page = renderGraphiQL(options).replace(
    root,
    () => `<style>${STYLE}</style>${root}<script>${FILL_IN_IDS}</script>`,
  );
  return promisify(gzip)(page);
}
