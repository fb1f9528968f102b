import {
  CURRENCY_DEFAULT,
  currencyOf,
  describeCurrency,
  settingsFor,
  type Currency,
  type CurrencySetting,
} from '#platform/currency.ts';
import { StartError } from '#platform/errors.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/**
 * Currencies whose decimals are unknown in a database that has amounts but no recorded currency: earlier releases took
 * the decimals from `Intl`, which differs from ISO 4217 for these with ICU 77 or ICU 78.
 */
const AMBIGUOUS: ReadonlySet<string> = new Set(
  'AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR RSD SOS SYP YER'.split(' '),
);

/** The table `currency` is part of the migrations of each service that stores amounts. */
const SELECT: Statement = { name: 'select_currency', text: 'SELECT code, decimals::int FROM currency' };
const INSERT: Statement = {
  name: 'insert_currency',
  text: 'INSERT INTO currency (code, decimals) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};

/**
 * Returns the currency recorded in the database. The first start records the setting, USD by default. Throws StartError
 * if the recorded currency differs from the setting, or if the database has amounts of unknown currency or decimals.
 * `findAmount` returns a row if there are amounts.
 */
export async function recordCurrency(
  service: { readonly name: string; readonly database: Database; readonly findAmount: Statement },
  setting: CurrencySetting | undefined,
): Promise<Currency> {
  const { name, database, findAmount } = service;
  const [known] = await database.query<Currency>(SELECT, []);
  if (known) return requireSame(name, known, setting);
  if ((await database.query(findAmount, [])).length > 0) requireStated(name, setting);
  const { code, decimals } = currencyOf(setting ?? { code: CURRENCY_DEFAULT, decimals: undefined });
  await database.query(INSERT, [code, decimals]);
  // Another instance may have recorded its own setting first.
  const [recorded] = await database.query<Currency>(SELECT, []);
  if (!recorded) throw new Error('the recorded currency is missing');
  return requireSame(name, recorded, setting);
}

function requireSame(name: string, recorded: Currency, setting: CurrencySetting | undefined): Currency {
  if (setting === undefined) return recorded;
  const wanted = currencyOf(setting);
  if (wanted.code === recorded.code && wanted.decimals === recorded.decimals) return recorded;
  throw new StartError(
    `the ${name} database has amounts in ${describeCurrency(recorded)}, but the settings specify ` +
      `${describeCurrency(wanted)}: start with ${settingsFor(recorded)}, or use another database ` +
      `(for \`make run\` another FRITZY_DATA).`,
  );
}

function requireStated(name: string, setting: CurrencySetting | undefined): void {
  if (setting === undefined)
    throw new StartError(
      `the ${name} database has amounts from a release that did not record their currency: ` +
        `set CURRENCY to the currency that the gateway had (its default was ${CURRENCY_DEFAULT}).`,
    );
  const { code, decimals } = setting;
  if (decimals !== undefined || !AMBIGUOUS.has(code)) return;
  const iso = currencyOf(setting).decimals;
  throw new StartError(
    `the ${name} database has amounts in ${code} from a release that stored them with 0 or ${iso} decimals, depending on ` +
      `the version of Node: set CURRENCY_DECIMALS=0 if a price of 1500 is stored as 1500 (price_minor), ` +
      `CURRENCY_DECIMALS=${iso} if it is stored as ${1_500 * 10 ** iso}.`,
  );
}
