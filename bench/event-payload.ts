/** The messages and payloads that the processes of bench/events.ts share. */

/** The message from a worker to its parent. */
export interface Progress {
  /** Milliseconds on the clock that all processes share; from the bare loop, its duration. */
  readonly atMs: number;
  readonly events: number;
}

/** A payload of order.events with three lines. */
export const PAYLOAD = {
  event_type: 'order_placed',
  order_id: '01999999-0000-7000-8000-000000000000',
  total_price: 599_700,
  products: [1, 2, 3].map((quantity) => ({
    product_id: '01999999-0000-7000-8000-00000000000a',
    name: 'A product of usual name',
    price: 199_900,
    quantity,
  })),
  timestamp: '2026-01-31T12:00:00.000Z',
};
export const PAYLOAD_JSON = JSON.stringify(PAYLOAD);
export const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
