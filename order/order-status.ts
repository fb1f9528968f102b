/** The statuses, with the same names as in the CHECK constraint orders_status and in the enum of order.proto. */
export const ORDER_STATUSES = ['PLACED'] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The part of an order that each transition changes. */
export interface OrderState {
  readonly status: OrderStatus;
  /** Starts at 1; each change increments it by 1. */
  readonly version: bigint;
}

/** The statuses that can follow each status. NEW: an order that is not stored yet. */
export const TRANSITIONS: Readonly<Record<OrderStatus | 'NEW', readonly OrderStatus[]>> = {
  NEW: ['PLACED'],
  PLACED: [],
};

/** Returns the state after a transition. `before` is undefined for a new order. Throws if TRANSITIONS does not allow it. */
export function transition(before: OrderState | undefined, to: OrderStatus): OrderState {
  const from = before?.status ?? 'NEW';
  if (!TRANSITIONS[from].includes(to)) throw new Error(`an order cannot change from ${from} to ${to}`);
  return { status: to, version: (before?.version ?? 0n) + 1n };
}
