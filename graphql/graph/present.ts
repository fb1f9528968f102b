/** Returns a message that the service contract requires. Throws if it is missing. */
export function present<T>(message: T | undefined): T {
  if (message === undefined) throw new Error('a service omitted a message that its contract requires');
  return message;
}
