/** The topics of the order service. The JSON Schema of each is the file of its name in this folder. */
export const ORDER_EVENTS = 'order.events';
export const ORDER_CREATED = 'order.created';
export const NOTIFICATIONS = 'notifications';
