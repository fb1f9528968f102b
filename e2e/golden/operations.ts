import { UNKNOWN_ID } from '../fuzz-input.ts';
import { accountId, cableId, categoryId, lineId, orderId, phoneId, type Operation } from './operation.ts';
import { IDENTITY_OPERATIONS } from './identity-operations.ts';
import { SEARCH_OPERATIONS } from './search-operations.ts';

/** Each query and mutation of the public API and its errors. Later operations use the answers of earlier ones. */

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'create-account',
    query: () => 'mutation { createAccount(account: { name: "John Doe" }) { id name } }',
  },
  {
    name: 'create-product',
    query: () =>
      'mutation { createProduct(product: { name: "iPhone 15 Pro" description: "Latest flagship" price: 1199.99 }) { id name price } }',
  },
  {
    name: 'create-product-defaults',
    query: () =>
      'mutation { createProduct(product: { name: "Phone cable", price: "7.50" }) { id name description price version createdAt archivedAt } }',
  },
  {
    name: 'create-order',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${accountId(answers)}", products: [{ productId: "${phoneId(answers)}", quantity: 2 }] }) { id totalPrice createdAt } }`,
  },
  {
    name: 'create-order-merges-items',
    query: () =>
      'mutation($order: OrderInput!) { createOrder(order: $order) { totalPrice accountId account { name } products { id name price quantity } } }',
    variables: (answers) => ({
      order: {
        accountId: accountId(answers),
        products: [
          { productId: cableId(answers), quantity: 1 },
          { productId: phoneId(answers), quantity: 1 },
          { productId: cableId(answers), quantity: 2 },
        ],
      },
    }),
  },
  {
    name: 'accounts',
    query: (answers) =>
      `query { accounts(pagination: { skip: 0, take: 10 }, id: "${accountId(answers)}") { id name orders { id createdAt totalPrice products { id name description price quantity } } } }`,
  },
  {
    name: 'accounts-list',
    query: () => '{ accounts { name createdAt orders { totalPrice } } }',
  },
  {
    name: 'products',
    query: (answers) =>
      `query { products(pagination: { skip: 0, take: 10 }, query: "phone", id: "${phoneId(answers)}") { id name description price } }`,
  },
  {
    name: 'create-category',
    query: () => 'mutation { createCategory(input: { name: "Electronics" }) { category { id name parent { name } } userErrors { code } } }',
  },
  {
    name: 'create-category-child',
    query: () =>
      'mutation($input: CreateCategoryInput!) { createCategory(input: $input) { category { name parent { name } ancestors { name } children { name } } } }',
    variables: (answers) => ({ input: { name: 'Phones', parentId: categoryId(answers) } }),
  },
  {
    name: 'create-category-unknown-parent',
    query: () => `mutation { createCategory(input: { name: "X", parentId: "${UNKNOWN_ID}" }) { category { id } userErrors { code message field } } }`,
  },
  {
    name: 'rename-category',
    query: (answers) =>
      `mutation { renameCategory(input: { id: "${categoryId(answers)}", name: "Devices" }) { category { name } } }`,
  },
  {
    name: 'categories',
    query: (answers) =>
      `{ categories { name children { name ancestors { name } } } children: categories(parentId: "${categoryId(answers)}") { name parent { name } } category(id: "${categoryId(answers)}") { name } unknown: category(id: "${UNKNOWN_ID}") { name } }`,
  },
  { name: 'products-list', query: () => '{ products(pagination: { take: 1 }) { name } }' },
  ...IDENTITY_OPERATIONS,
  ...SEARCH_OPERATIONS,
  {
    name: 'account',
    query: (answers) => `{ account(id: "${accountId(answers)}") { name ordersConnection(first: 1) { nodes { totalPrice } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
  },
  {
    name: 'orders-connection-next-page',
    query: () =>
      'query($id: ID!, $after: Cursor) { account(id: $id) { ordersConnection(first: 1, after: $after) { nodes { totalPrice } pageInfo { hasNextPage hasPreviousPage } } } }',
    variables: (answers) => ({
      id: accountId(answers),
      after: answers['account'].account.ordersConnection.pageInfo.endCursor,
    }),
  },
  {
    name: 'order',
    query: (answers) => `{ order(id: "${orderId(answers)}") { totalPrice status version accountId account { name } products { id name quantity productId product { id name } } } }`,
  },
  { name: 'product', query: (answers) => `{ product(id: "${phoneId(answers)}") { name price version archivedAt } }` },
  {
    name: 'unknown-ids',
    query: () => `{ account(id: "${UNKNOWN_ID}") { id } product(id: "${UNKNOWN_ID}") { id } order(id: "${UNKNOWN_ID}") { id } }`,
  },
  {
    name: 'accounts-connection',
    query: () => '{ accountsConnection(first: 10) { edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }',
  },
  {
    name: 'products-connection',
    query: () =>
      '{ productsConnection(first: 1) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  },
  {
    name: 'products-connection-last',
    query: () =>
      '{ productsConnection(last: 1) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  },
  {
    name: 'products-connection-filter-and-sort',
    query: () =>
      '{ productsConnection(filter: { priceMax: 2000 }, sort: PRICE_ASC, last: 1) { nodes { name price } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  },
  {
    name: 'products-connection-by-name',
    query: () =>
      '{ productsConnection(filter: { priceMax: 2000 }, sort: NAME_DESC, last: 1) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  },
  {
    name: 'products-connection-by-name-before',
    query: () =>
      'query($before: Cursor) { productsConnection(filter: { priceMax: 2000 }, sort: NAME_DESC, last: 1, before: $before) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } }',
    variables: (answers) => ({
      before: answers['products-connection-by-name'].productsConnection.pageInfo.startCursor,
    }),
  },
  {
    name: 'cursor-of-another-list',
    query: () =>
      'query($after: Cursor) { productsConnection(after: $after) { nodes { name } } accountsConnection(first: 1) { nodes { name } } }',
    variables: (answers) => ({
      after: answers['accounts-connection'].accountsConnection.pageInfo.endCursor,
    }),
  },
  {
    name: 'orders',
    query: () =>
      '{ orders(first: 1) { nodes { totalPrice account { name } } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  },
  {
    name: 'orders-filter',
    query: () =>
      'query($filter: OrderFilterInput) { orders(filter: $filter, last: 5) { nodes { totalPrice products { quantity } } pageInfo { hasNextPage hasPreviousPage } } }',
    variables: (answers) => ({
      filter: {
        accountIds: [accountId(answers)],
        createdFrom: '2026-01-01T00:00:00Z',
        createdTo: '2027-01-01T00:00:00+01:00',
        totalPriceMin: 2000,
      },
    }),
  },
  {
    name: 'orders-filter-out-of-bounds',
    query: () =>
      '{ orders(first: 0, filter: { accountIds: ["x"], createdFrom: "2026-01-02T00:00:00Z", createdTo: "2026-01-01T00:00:00Z", totalPriceMin: 2, totalPriceMax: 1 }) { nodes { id } } }',
  },
  {
    name: 'node',
    query: (answers) =>
      `{ node(id: "${orderId(answers)}") { __typename id ... on Order { totalPrice } } unknown: node(id: "${UNKNOWN_ID}") { id } }`,
  },
  {
    name: 'nodes',
    query: () =>
      'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Account { name } ... on Product { name } ... on OrderedProduct { name } } }',
    variables: (answers) => ({
      ids: [phoneId(answers), UNKNOWN_ID, accountId(answers), lineId(answers), categoryId(answers), 'x', phoneId(answers)],
    }),
  },
  {
    name: 'rename-account',
    query: (answers) => `mutation { renameAccount(input: { id: "${accountId(answers)}", name: "Jane Doe" }) { account { id name } userErrors { code } } }`,
  },
  {
    name: 'update-product',
    query: () =>
      'mutation($input: UpdateProductInput!) { updateProduct(input: $input) { product { name description price version } userErrors { code } } }',
    variables: (answers) => ({ input: { id: phoneId(answers), expectedVersion: 1, price: 1099.99 } }),
  },
  {
    name: 'update-product-conflict',
    query: (answers) =>
      `mutation { updateProduct(input: { id: "${phoneId(answers)}", expectedVersion: 1, price: 1 }) { product { version } userErrors { code message field } } }`,
  },
  {
    name: 'update-product-category-and-tags',
    query: (answers) =>
      `mutation { updateProduct(input: { id: "${phoneId(answers)}", expectedVersion: 2, categoryId: "${categoryId(answers)}", tags: ["5G", "Dual  SIM"] }) { product { name category { name } tags version } } }`,
  },
  {
    name: 'update-product-no-category',
    query: (answers) =>
      `mutation { updateProduct(input: { id: "${phoneId(answers)}", expectedVersion: 3, categoryId: null }) { product { category { name } tags } } }`,
  },
  {
    name: 'create-product-unknown-category',
    query: () =>
      `mutation { createProduct(product: { name: "X", price: 1, categoryId: "${UNKNOWN_ID}" }) { id } }`,
  },
  {
    name: 'archive-product',
    query: (answers) => `mutation { archiveProduct(input: { id: "${cableId(answers)}" }) { product { id version archivedAt } } }`,
  },
  {
    name: 'create-order-price-changed',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${accountId(answers)}", products: [{ productId: "${phoneId(answers)}", quantity: 2 }], expectedTotal: 2399.97 }) { id } }`,
  },
  {
    name: 'create-account-with-key',
    query: () => 'mutation { createAccount(account: { name: "Once" }, idempotencyKey: "golden") { name } }',
  },
  {
    name: 'create-account-repeated',
    query: () => 'mutation { createAccount(account: { name: "Once" }, idempotencyKey: "golden") { name } }',
  },
  {
    name: 'create-account-key-reused',
    query: () => 'mutation { createAccount(account: { name: "Twice" }, idempotencyKey: "golden") { name } }',
  },
  {
    name: 'create-order-archived-product',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${accountId(answers)}", products: [{ productId: "${cableId(answers)}", quantity: 1 }] }) { id } }`,
  },
  {
    name: 'create-order-unknown-product',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${accountId(answers)}", products: [{ productId: "${UNKNOWN_ID}", quantity: 1 }] }) { id } }`,
  },
  {
    name: 'create-order-unknown-account',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${UNKNOWN_ID}", products: [{ productId: "${phoneId(answers)}", quantity: 1 }] }) { id } }`,
  },
  {
    name: 'create-order-quantity-out-of-bounds',
    query: (answers) =>
      `mutation { createOrder(order: { accountId: "${accountId(answers)}", products: [{ productId: "${phoneId(answers)}", quantity: 0 }] }) { id } }`,
  },
  {
    name: 'rename-unknown-account',
    query: () => `mutation { renameAccount(input: { id: "${UNKNOWN_ID}", name: "Jane Doe" }) { account { id } userErrors { code message field } } }`,
  },
  {
    name: 'mutations-partial-failure',
    query: () =>
      'mutation { a: createAccount(account: { name: "Kept" }) { name } b: createAccount(account: { name: "" }) { name } }',
  },
  {
    name: 'wrong-literal',
    query: () => '{ products(pagination: { take: "many" }) { name } }',
  },
  { name: 'unknown-field', query: () => '{ accounts { email } }' },
  { name: 'shop', query: () => '{ shop { name currency { code decimals } } }' },
  {
    name: 'categories-unknown-parent',
    query: () => `{ categories(parentId: "${UNKNOWN_ID}") { name } }`,
  },
  {
    name: 'create-category-taken-name',
    query: () => 'mutation { createCategory(input: { name: "DÉVICES" }) { category { id } userErrors { code message field } } }',
  },
];
