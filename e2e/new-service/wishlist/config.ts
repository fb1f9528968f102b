import { urlOf, wholeNumber } from '#platform/config.ts';

/** The settings of the wishlist service. */
export const wishlistSettings = {
  WISHLIST_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The wishlist service's own database." }),
  WISHES_MAX: wholeNumber(1, 1_000)({ default: 10, desc: 'The maximum number of wishes in a list.' }),
};
