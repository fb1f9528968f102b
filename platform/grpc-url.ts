import { makeValidator } from 'envalid';

const HOST = String.raw`(?:[a-z\d](?:[a-z\d._-]*[a-z\d])?|\[[\da-f:.]+\])`;
const PORT = String.raw`\d{1,5}`;
/** Maximum addresses in one URL. */
const ADDRESSES_MAX = 20;
const GRPC = new RegExp(
  `^(?:grpc://|dns:///)(${HOST}:${PORT}(?:,${HOST}:${PORT}){0,${ADDRESSES_MAX - 1}})/?$`,
  'i',
);

/** An address on which a server listens. */
export interface Address {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * The URL of a service: `grpc://host:port`, or `grpc://host:port,host:port` for several instances (up to 20). All
 * addresses that a name resolves to are used. `dns:///host:port`, the usual gRPC syntax, is equivalent.
 */
export const grpcUrl = makeValidator<string>((input) => {
  if (addressesOf(input).length > 0) return input;
  throw new Error(
    'a URL like grpc://host:50051, grpc://host:50051,other:50051 (up to 20) or dns:///host:50051',
  );
});

/** The addresses in the URL; empty if it is not a valid service URL. */
export function addressesOf(url: string): Address[] {
  const addresses = (GRPC.exec(url)?.[1] ?? '').split(',').filter(Boolean).map(addressOf);
  return addresses.every(({ port }) => port >= 1 && port <= 65_535) ? addresses : [];
}

/** The parts of `host:port`, whose host may be an IPv6 address in brackets. */
export function addressOf(text: string): Address {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(text.slice(colon + 1)) };
}
