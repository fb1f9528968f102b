import assert from 'node:assert/strict';
import type { TestGateway } from '#testkit/shop.ts';

/** The fields of an order line that a client shows. */
export interface Line {
  readonly productId: string;
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

export interface ShownOrder {
  readonly totalPrice: number;
  readonly products: readonly Line[];
}

/** An account with two orders of one product, which was renamed and repriced between the orders. */
export interface TwoOrders {
  readonly accountId: string;
  readonly orderIds: readonly string[];
  /** The orders that a client must show, newest first. */
  readonly orders: readonly ShownOrder[];
}

export async function placeTwoOrders(shop: TestGateway): Promise<TwoOrders> {
  const run = async (query: string) => {
    const { data, errors } = await shop.graphql(query);
    assert.deepEqual(errors ?? [], []);
    return data;
  };
  const { createAccount: account } = await run('mutation { createAccount(account: { name: "Ada" }) { id } }');
  const { createProduct: product } = await run(
    'mutation { createProduct(product: { name: "Lamp", price: 19.99 }) { id version } }',
  );
  const order = async (quantity: number): Promise<string> => {
    const products = `[{ productId: "${product.id}", quantity: ${quantity} }]`;
    const data = await run(
      `mutation { createOrder(order: { accountId: "${account.id}", products: ${products} }) { id } }`,
    );
    return data.createOrder.id;
  };
  const first = await order(1);
  const { updateProduct: update } = await run(
    `mutation { updateProduct(input: { id: "${product.id}", expectedVersion: ${product.version}, name: "Desk lamp", price: 24.5 }) { userErrors { message } } }`,
  );
  assert.deepEqual(update.userErrors, []);
  const second = await order(7);
  const line = (name: string, price: number, quantity: number): Line => ({
    productId: product.id,
    name,
    price,
    quantity,
  });
  return {
    accountId: account.id,
    orderIds: [second, first],
    orders: [
      { totalPrice: 171.5, products: [line('Desk lamp', 24.5, 7)] },
      { totalPrice: 19.99, products: [line('Lamp', 19.99, 1)] },
    ],
  };
}

/** The compared fields of orders, without line ids and `__typename`. */
export function comparedFields(orders: readonly ShownOrder[]): ShownOrder[] {
  return orders.map(({ totalPrice, products }) => ({
    totalPrice,
    products: products.map(({ productId, name, price, quantity }) => ({ productId, name, price, quantity })),
  }));
}

/** Known-bad twin: replaces the id of each order line by the id of its product. */
export const fetchWithProductIds: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const answer: unknown = JSON.parse(await response.text(), (_key, value: unknown) =>
    isLine(value) ? { ...value, id: value.productId } : value,
  );
  return Response.json(answer, { status: response.status });
};

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && 'productId' in value && 'quantity' in value;
}
