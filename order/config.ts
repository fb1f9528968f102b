import { urlOf } from '#platform/config.ts';
import { storedCurrencySettings } from '#platform/currency.ts';

/** The settings of the order service. */
export const orderSettings = {
  ...storedCurrencySettings,
  ORDER_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The order service's own database." }),
};
