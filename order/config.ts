import { urlOf } from '#platform/config.ts';

/** The settings of the order service. */
export const orderSettings = {
  ORDER_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The order service's own database." }),
};
