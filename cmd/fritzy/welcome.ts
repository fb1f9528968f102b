/** Addresses that this machine reaches by its own name. */
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '::']);

/** What a newcomer reads: where the shop is, three commands that work in that order, and where the data lies. */
export function welcome(shop: {
  host: string;
  port: number;
  folder: string | undefined;
  playground: boolean;
}): string {
  const host = LOCAL.has(shop.host) ? 'localhost' : shop.host.includes(':') ? `[${shop.host}]` : shop.host;
  const origin = `http://${host}:${shop.port}`;
  const url = `${origin}/graphql`;
  const post = (query: string): string =>
    `curl -s -w '\\n' ${url} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`;
  // The document stands in single quotes for the shell; the two ids leave them to be filled in.
  const order = post(
    'mutation { createOrder(order: { accountId: "@ACCOUNT", products: [{ productId: "@PRODUCT", quantity: 2 }] }) { id totalPrice createdAt } }',
  )
    .replace('@ACCOUNT', `'$ACCOUNT'`)
    .replace('@PRODUCT', `'$PRODUCT'`);
  // Shows the answer and keeps its id in a variable.
  const keep = (name: string, query: string): string =>
    `ANSWER=$(${post(query)}); echo "$ANSWER"; ${name}=$(echo "$ANSWER" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`;
  return `
  The shop is open:  ${url}${shop.playground ? '  (playground in the browser)' : ''}

  Try these three, one after the other:

${keep('ACCOUNT', 'mutation { createAccount(account: { name: "John Doe" }) { id name } }')}

${keep('PRODUCT', 'mutation { createProduct(product: { name: "iPhone 15 Pro" description: "Latest flagship" price: 1199.99 }) { id name price } }')}

${order}

  Data: ${shop.folder ?? 'in the databases that the settings name'}   Metrics: ${origin}/metrics   Ctrl-C ends it.

`;
}
