import { type commonSettings, oneOf, str, urlOf, wholeNumber, type CleanedEnv } from '#platform/config.ts';

/** The settings of the gateway. */
export const gatewaySettings = {
  HOST: str({
    default: '127.0.0.1',
    desc: 'The address on which the API answers; 0.0.0.0 for all of this machine.',
  }),
  PORT: wholeNumber(
    0,
    65_535,
  )({ default: 8_000, desc: 'The port on which the API answers; 0 for any free one.' }),
  CURRENCY: oneOf(...Intl.supportedValuesOf('currency'))({
    default: 'USD',
    desc: 'The ISO 4217 currency of all amounts. Never change it once there are prices.',
  }),
  REQUEST_TIMEOUT_MS: wholeNumber(
    100,
    60_000,
  )({ default: 10_000, desc: 'How long a request may take, in milliseconds.' }),
};

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly currency: string;
  readonly requestTimeoutMs: number;
  readonly playground: boolean;
}

/** The gateway's part of a program's settings. */
export function gatewayConfig(
  config: CleanedEnv<typeof gatewaySettings & typeof commonSettings>,
): GatewayConfig {
  return {
    host: config.HOST,
    port: config.PORT,
    currency: config.CURRENCY,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    playground: config.NODE_ENV !== 'production',
  };
}

/** Where the gateway of the distributed shop finds its services. */
export const upstreamSettings = {
  ACCOUNT_URL: urlOf('grpc')({ desc: 'Where the account service listens.' }),
  CATALOG_URL: urlOf('grpc')({ desc: 'Where the catalog service listens.' }),
  ORDER_URL: urlOf('grpc')({ desc: 'Where the order service listens.' }),
};
