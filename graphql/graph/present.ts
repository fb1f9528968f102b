/** A message that the service's contract promises. */
export function present<T>(message: T | undefined): T {
  if (message === undefined) throw new Error('a service left out a message that its contract promises');
  return message;
}
