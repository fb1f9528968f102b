/** The topics of the wishlist service. */
export const WISHLIST_EVENTS = 'wishlist.events';
