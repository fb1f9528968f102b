/** The database's CHECK orders_status and the enum of order.proto have the same names. */
export const ORDER_STATUSES = ['PLACED'] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The part of an order that each transition changes. */
export interface OrderState {
  readonly status: OrderStatus;
  /** Grows by one with every change, from 1. */
  readonly version: bigint;
}

/** The statuses that may follow each status; NEW is an order that is not stored yet. */
export const TRANSITIONS: Readonly<Record<OrderStatus | 'NEW', readonly OrderStatus[]>> = {
  NEW: ['PLACED'],
  PLACED: [],
};

/** The state after a transition; of a new order, if there is no state before. Throws if TRANSITIONS does not allow it. */
export function transition(before: OrderState | undefined, to: OrderStatus): OrderState {
  const from = before?.status ?? 'NEW';
  if (!TRANSITIONS[from].includes(to)) throw new Error(`an order cannot change from ${from} to ${to}`);
  return { status: to, version: (before?.version ?? 0n) + 1n };
}
