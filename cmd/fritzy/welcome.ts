/** Addresses that this machine reaches as localhost. */
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '::']);

/**
 * The text that `make run` prints after the start: the URL of the API, three commands that work in that order, and the
 * data folder. Each command can be pasted into sh and bash; lines have at most 100 columns.
 */
export function welcome(shop: {
  host: string;
  port: number;
  folder: string | undefined;
  playground: boolean;
  /** The value of FRITZY_DATA with the keys of access tokens; undefined if the commands need no token. */
  tokens: string | undefined;
}): string {
  const host = LOCAL.has(shop.host) ? 'localhost' : shop.host.includes(':') ? `[${shop.host}]` : shop.host;
  const origin = `http://${host}:${shop.port}`;
  const url = `${origin}/graphql`;
  const target = { url, hasToken: shop.tokens !== undefined };
  const data = shop.tokens === undefined || shop.tokens === '.fritzy' ? '' : ` FRITZY_DATA='${shop.tokens}'`;
  const signIn = target.hasToken ? `TOKEN=$(make -s token${data})\n` : '';
  return `
  Fritzy is running:  ${url}${shop.playground ? '  (playground in the browser)' : ''}

  Run these three commands in this order to place an order:

${signIn}${postAndStoreId('ACCOUNT', target, CREATE_ACCOUNT)}

${postAndStoreId('PRODUCT', target, CREATE_PRODUCT)}

${post(target, CREATE_ORDER)}

  Data:     ${shop.folder ?? 'in the configured databases'}
  Metrics:  ${origin}/metrics
  Press Ctrl-C to stop.

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
/** The shell quotes the request in single quotes; the two variables close and reopen them. */
const CREATE_ORDER = `{
  "query": "mutation($new: OrderInput!) { createOrder(order: $new) { id totalPrice createdAt } }",
  "variables": { "new": {
    "accountId": "'$ACCOUNT'", "products": [{ "productId": "'$PRODUCT'", "quantity": 2 }]
  } }
}`;

interface Target {
  readonly url: string;
  readonly hasToken: boolean;
}

function post({ url, hasToken }: Target, body: string): string {
  const authorization = hasToken ? ' -H "authorization: Bearer $TOKEN"' : '';
  return `curl -s -w '\\n'${authorization} -H 'content-type: application/json' -d '${body}' ${url}`;
}

/** A command that prints the response and stores its id in a shell variable. */
function postAndStoreId(name: string, target: Target, body: string): string {
  return `ANSWER=$(${post(target, body)})
echo "$ANSWER"; ${name}=$(echo "$ANSWER" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`;
}
