/** The topics of the order service. The JSON Schema of each is in this folder, under the name of the topic. */
export const ORDER_EVENTS = 'order.events';
export const ORDER_CREATED = 'order.created';
export const NOTIFICATIONS = 'notifications';
