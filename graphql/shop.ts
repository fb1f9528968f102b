import type { Currency } from '#platform/currency.ts';

/** What the operator sets about the shop. */
export interface Shop {
  readonly name: string;
  readonly currency: Currency;
}
