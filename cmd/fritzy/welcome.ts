/** Addresses that this machine reaches by its own name. */
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '::']);

/**
 * What `make run` prints: where the shop is, three commands that work in that order, and where the data is. Each command can
 * be pasted into sh and bash as it stands; its lines fit 100 columns.
 */
export function welcome(shop: {
  host: string;
  port: number;
  folder: string | undefined;
  playground: boolean;
}): string {
  const host = LOCAL.has(shop.host) ? 'localhost' : shop.host.includes(':') ? `[${shop.host}]` : shop.host;
  const origin = `http://${host}:${shop.port}`;
  const url = `${origin}/graphql`;
  return `
  The shop is open:  ${url}${shop.playground ? '  (playground in the browser)' : ''}

  Try these three commands, in this order:

${keep('ACCOUNT', url, CREATE_ACCOUNT)}

${keep('PRODUCT', url, CREATE_PRODUCT)}

${post(url, CREATE_ORDER)}

  Data:     ${shop.folder ?? 'in the databases that the settings name'}
  Metrics:  ${origin}/metrics
  Ctrl-C ends it.

`;
}

const CREATE_ACCOUNT = `{
  "query": "mutation($new: AccountInput!) { createAccount(account: $new) { id name } }",
  "variables": { "new": { "name": "John Doe" } }
}`;
const CREATE_PRODUCT = `{
  "query": "mutation($new: ProductInput!) { createProduct(product: $new) { id name price } }",
  "variables": { "new": {
    "name": "iPhone 15 Pro", "description": "Latest flagship", "price": 1199.99
  } }
}`;
/** The request is in single quotes for the shell; the two ids end them. */
const CREATE_ORDER = `{
  "query": "mutation($new: OrderInput!) { createOrder(order: $new) { id totalPrice createdAt } }",
  "variables": { "new": {
    "accountId": "'$ACCOUNT'", "products": [{ "productId": "'$PRODUCT'", "quantity": 2 }]
  } }
}`;

function post(url: string, body: string): string {
  return `curl -s -w '\\n' -H 'content-type: application/json' -d '${body}' ${url}`;
}

/** Prints the answer and keeps its id in a variable of the shell. */
function keep(name: string, url: string, body: string): string {
  return `ANSWER=$(${post(url, body)})
echo "$ANSWER"; ${name}=$(echo "$ANSWER" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`;
}
