import type { Currency } from '#platform/currency.ts';

/** The properties of the shop that the operator sets. */
export interface Shop {
  readonly name: string;
  readonly currency: Currency;
}
