import type { OrderState } from '#order/order-status.ts';
import { invalid } from '#platform/errors.ts';
import { requireAll, requireEach, requireUuid, requireWhole } from '#platform/input.ts';

/** An order without its lines. */
export interface OrderHead extends OrderState {
  readonly id: string;
  readonly accountId: string;
  /** Minor units. */
  readonly totalPriceMinor: bigint;
  readonly createdAt: Date;
}

/** An order with its lines. */
export interface Order extends OrderHead {
  /** 1 to 100, each product once. */
  readonly lines: readonly OrderLine[];
}

/** An order whose lines were not read. */
export function headAsOrder(head: OrderHead): Order {
  return { ...head, lines: [] };
}

/** A product of an order as it was when the order was placed. */
export interface OrderLine {
  /** A UUID, unique across all orders (order/line-id.ts). */
  readonly id: string;
  readonly productId: string;
  readonly name: string;
  /** At most DESCRIPTION_LENGTH_MAX characters. */
  readonly description: string;
  /** The price of one unit, in minor units. */
  readonly priceMinor: bigint;
  readonly quantity: number;
}

/** A product to order. */
export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
}

const QUANTITY_MAX = 10_000;
export const ITEMS_MAX = 100;
/** Characters of a product description that an order stores; the description of a product can have 10,000. */
export const DESCRIPTION_LENGTH_MAX = 500;
/** Minor units: 15 digits, so that a client that parses JSON numbers as doubles reads every total exactly. */
export const TOTAL_MINOR_MAX = 999_999_999_999_999n;

/** Validates the items. Merges items with the same product into one, at the position of the first. */
export function requireItems(items: readonly OrderItem[]): OrderItem[] {
  if (items.length < 1 || items.length > ITEMS_MAX)
    throw invalid('products', `must have 1 to ${ITEMS_MAX} items`);
  const quantities = new Map<string, number>();
  requireEach(items, (item, index) => {
    const field = `products[${index}].quantity`;
    const { productId, quantity } = requireAll({
      productId: () => requireUuid(`products[${index}].productId`, item.productId),
      quantity: () => requireWhole(field, item.quantity, 1, QUANTITY_MAX),
    });
    const sum = (quantities.get(productId) ?? 0) + quantity;
    if (sum > QUANTITY_MAX)
      throw invalid(field, `must be at most ${QUANTITY_MAX} in total with the other items of this product`);
    quantities.set(productId, sum);
  });
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}

/** Returns the description that an order stores. A longer description is truncated and ends in an ellipsis. */
export function truncateDescription(description: string): string {
  if (description.length <= DESCRIPTION_LENGTH_MAX) return description;
  // A character has one or two UTF-16 code units.
  const characters = Array.from(description.slice(0, 2 * (DESCRIPTION_LENGTH_MAX + 1)));
  if (characters.length <= DESCRIPTION_LENGTH_MAX) return description;
  return `${characters.slice(0, DESCRIPTION_LENGTH_MAX - 1).join('')}…`;
}

/** Validates a total price in minor units; undefined is not given. */
export function requireTotal(field: string, minor: bigint | undefined): bigint | undefined {
  if (minor !== undefined && (minor < 0n || minor > TOTAL_MINOR_MAX))
    throw invalid(field, `must be from 0 to ${TOTAL_MINOR_MAX} minor units`);
  return minor;
}

/** Returns the sum of price × quantity, in minor units. */
export function totalOf(lines: readonly Pick<OrderLine, 'priceMinor' | 'quantity'>[]): bigint {
  const total = lines.reduce((sum, line) => sum + line.priceMinor * BigInt(line.quantity), 0n);
  if (total > TOTAL_MINOR_MAX)
    throw invalid('products', `must cost at most ${TOTAL_MINOR_MAX} minor units in total`);
  return total;
}
