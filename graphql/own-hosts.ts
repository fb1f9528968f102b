import { isIPv4 } from 'node:net';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** Distinct values that are remembered: names with ports. */
const REMEMBERED_MAX = 100;

/**
 * Tells whether a Host header names this server. On loopback only its own names do: otherwise a page in a browser on
 * this machine could let its name resolve to 127.0.0.1 and use the API as its own origin (DNS rebinding). On other
 * addresses the check is off unless `allowed` has names.
 */
export function createHostCheck(address: string, allowed: readonly string[]): (host: string) => boolean {
  if (allowed.length === 0 && !isLoopback(address)) return () => true;
  const own = address.includes(':') ? `[${address}]` : address;
  const names = new Set([...LOOPBACK_NAMES, own, ...allowed].map((name) => name.toLowerCase()));
  const remembered = new Set<string>();
  let last: string | undefined;
  return (host) => {
    if (host === last || remembered.has(host)) return true;
    if (!names.has(withoutPort(host.toLowerCase()))) return false;
    if (remembered.size < REMEMBERED_MAX) remembered.add(host);
    last = host;
    return true;
  };
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** The colons of an IPv6 address stand in brackets, so digits behind a last colon outside them are the port. */
function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
