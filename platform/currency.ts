import { oneOf, wholeNumber } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';
import { ISO_4217_DECIMALS } from '#platform/iso-4217.ts';

/** The currency of all amounts of a shop (docs/decisions/0011-currency-in-the-data.md). */
export interface Currency {
  /** ISO 4217, e.g. `USD`. */
  readonly code: string;
  /** Decimals of a stored amount: with 2, the integer 119999 is 1199.99. */
  readonly decimals: number;
}

const currencyCode = oneOf(...Object.keys(ISO_4217_DECIMALS));
export const CURRENCY_DEFAULT = 'USD';

const CURRENCY_DECIMALS = wholeNumber(
  0,
  4,
)({
  default: undefined,
  desc: 'The decimals of stored amounts; default: those of ISO 4217. Set it only for a database whose amounts have other decimals.',
});

/** The settings of a program that converts amounts. */
export const currencySettings = {
  CURRENCY: currencyCode({
    default: CURRENCY_DEFAULT,
    desc: 'The ISO 4217 currency of all amounts. The databases record it at the first start; it cannot change.',
  }),
  CURRENCY_DECIMALS,
};

/** The settings of a service that stores amounts and runs in its own process. */
export const storedCurrencySettings = {
  CURRENCY: currencyCode({
    default: undefined,
    desc: 'The ISO 4217 currency of all amounts; default: the one recorded in the database, USD for a new database.',
  }),
  CURRENCY_DECIMALS,
};

/** A currency as specified by the settings. */
export interface CurrencySetting {
  readonly code: string;
  /** Undefined: those of ISO 4217. */
  readonly decimals: number | undefined;
}

export function currencyOf({ code, decimals }: CurrencySetting): Currency {
  const isoDecimals = ISO_4217_DECIMALS[code];
  if (isoDecimals === undefined) throw new Error(`${code} is not an ISO 4217 currency`);
  return { code, decimals: decimals ?? isoDecimals };
}

/** The currency in `storedCurrencySettings`, if set. Throws StartError for decimals without a currency. */
export function storedCurrency(settings: {
  readonly CURRENCY: string | undefined;
  readonly CURRENCY_DECIMALS: number | undefined;
}): CurrencySetting | undefined {
  const { CURRENCY: code, CURRENCY_DECIMALS: decimals } = settings;
  if (code !== undefined) return { code, decimals };
  if (decimals === undefined) return undefined;
  throw new StartError('CURRENCY_DECIMALS is set without CURRENCY: set both or neither.');
}

/** A readable description, e.g. `USD with 2 decimals`. */
export function describeCurrency({ code, decimals }: Currency): string {
  return `${code} with ${decimals} decimals`;
}

/** The settings that select a currency, e.g. `CURRENCY=USD CURRENCY_DECIMALS=2`. */
export function settingsFor({ code, decimals }: Currency): string {
  return `CURRENCY=${code} CURRENCY_DECIMALS=${decimals}`;
}
