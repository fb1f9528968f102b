import { BlockList, isIP } from 'node:net';
import { StartError } from '#platform/errors.ts';

/** The networks of proxies whose X-Forwarded-For is believed. */
export interface TrustedProxies {
  has(address: string): boolean;
}

/** `networks` are addresses or networks in CIDR notation. Throws StartError. */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const type = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    try {
      if (bits === undefined) list.addAddress(address, type);
      else list.addSubnet(address, Number(bits), type);
    } catch {
      throw new StartError(
        `TRUSTED_PROXIES has ${network}, but must have addresses or networks such as 10.0.0.0/8.`,
      );
    }
  }
  return { has: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') };
}

/** Entries of X-Forwarded-For that are read, from its end. */
const PROXIES_MAX = 10;

/**
 * The address by which a client is limited: the last one that no trusted proxy has. A client can write anything into the
 * start of X-Forwarded-For, so entries before that one are not read. IPv6 clients have a network of 64 bits.
 */
export function clientAddress(
  remoteAddress: string,
  forwardedFor: string | undefined,
  proxies: TrustedProxies,
): string {
  let address = withoutMapping(remoteAddress);
  if (forwardedFor !== undefined && proxies.has(address)) {
    const entries = forwardedFor.split(',').slice(-PROXIES_MAX).toReversed();
    for (const entry of entries) {
      const before = withoutMapping(entry.trim());
      if (isIP(before) === 0) break;
      address = before;
      if (!proxies.has(address)) break;
    }
  }
  return isIP(address) === 6 ? networkOf(address) : address;
}

/** An IPv4 address that IPv6 maps, as IPv4. */
function withoutMapping(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** The first 64 bits of an IPv6 address, as four groups without leading zeros. */
function networkOf(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groupsOf = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':')}::/64`;
}
