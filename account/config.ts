import { urlOf } from '#platform/config.ts';

/** The settings of the account service. */
export const accountSettings = {
  ACCOUNT_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The account service's own database." }),
};
