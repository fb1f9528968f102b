import { urlOf } from '#platform/config.ts';
import { storedCurrencySettings } from '#platform/currency.ts';
import { grpcUrl } from '#platform/grpc-url.ts';

/** The settings of the order service. */
export const orderSettings = {
  ...storedCurrencySettings,
  ORDER_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The order service's own database." }),
  ACCOUNT_URL: grpcUrl({ desc: 'Where the account service listens.' }),
  CATALOG_URL: grpcUrl({ desc: 'Where the catalog service listens.' }),
};
