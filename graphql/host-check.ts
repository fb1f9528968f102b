import { isIPv4 } from 'node:net';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** The maximum number of cached Host values: names with ports. */
const CACHE_ENTRIES_MAX = 100;

/**
 * Returns a function that returns whether a Host header names this server. On loopback only its own names are accepted:
 * otherwise a web page could resolve its host name to 127.0.0.1 and call the API as its own origin (DNS rebinding). On
 * other addresses the check is off unless `allowed` has names.
 */
export function createHostCheck(address: string, allowed: readonly string[]): (host: string) => boolean {
  if (allowed.length === 0 && !isLoopback(address)) return () => true;
  const own = address.includes(':') ? `[${address}]` : address;
  const names = new Set([...LOOPBACK_NAMES, own, ...allowed].map((name) => name.toLowerCase()));
  const accepted = new Set<string>();
  let last: string | undefined;
  return (host) => {
    if (host === last || accepted.has(host)) return true;
    if (!names.has(withoutPort(host.toLowerCase()))) return false;
    if (accepted.size < CACHE_ENTRIES_MAX) accepted.add(host);
    last = host;
    return true;
  };
}

/** Whether only this machine reaches the address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** An IPv6 address is in brackets, so digits after a final colon are the port. */
function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
