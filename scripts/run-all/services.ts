import { fileURLToPath } from 'node:url';
import { gatewaySettings } from '#graphql/config.ts';
import { commonSettings, readConfig, str, urlOf, wholeNumber, type Environment } from '#platform/config.ts';

/** A program that `make run-all` keeps running. */
export interface ServiceProgram {
  readonly name: string;
  /** The absolute path of its entry file. */
  readonly main: string;
  readonly color: string;
  /** What it gets beside the environment of `make run-all` itself. */
  readonly env: Readonly<Record<string, string>>;
}

const port = wholeNumber(1, 65_535);
const grpcUrl = urlOf('grpc');

const runAllSettings = {
  LOG_FORMAT: commonSettings.LOG_FORMAT,
  HOST: gatewaySettings.HOST,
  PORT: port({ default: 8_000, desc: 'The port on which the API answers.' }),
  ACCOUNT_URL: grpcUrl({ default: 'grpc://127.0.0.1:50051', desc: 'Where the account service listens.' }),
  CATALOG_URL: grpcUrl({ default: 'grpc://127.0.0.1:50052', desc: 'Where the catalog service listens.' }),
  ORDER_URL: grpcUrl({ default: 'grpc://127.0.0.1:50053', desc: 'Where the order service listens.' }),
  ACCOUNT_ADMIN_PORT: port({ default: 9_091, desc: "The port of the account service's metrics." }),
  CATALOG_ADMIN_PORT: port({ default: 9_092, desc: "The port of the catalog service's metrics." }),
  ORDER_ADMIN_PORT: port({ default: 9_093, desc: "The port of the order service's metrics." }),
  FRITZY_DATA: str({ default: '.fritzy', desc: 'The folder in which it notes what it has started.' }),
};

export interface RunAllConfig {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** In the order in which they are started; they are stopped the other way round, from the gateway inwards. */
  readonly services: readonly ServiceProgram[];
}

const COLORS = { account: 'green', catalog: 'yellow', order: 'magenta', graphql: 'cyan' } as const;
type ServiceName = keyof typeof COLORS;

/** Settings and ports of all services; the services themselves check what is theirs. */
export function runAllConfig(env: Environment, isTerminal: boolean): RunAllConfig {
  const config = readConfig(env, runAllSettings);
  const { HOST, PORT, ACCOUNT_URL, CATALOG_URL, ORDER_URL } = config;
  const urls = { ACCOUNT_URL, CATALOG_URL, ORDER_URL };
  // The services write into pipes: whether a person looks on is to be seen here.
  const format = config.LOG_FORMAT === 'auto' ? (isTerminal ? 'text' : 'json') : config.LOG_FORMAT;
  const service = (name: ServiceName, own: Readonly<Record<string, string>>): ServiceProgram => ({
    name,
    main: fileURLToPath(new URL(`../../${name}/cmd/server/main.ts`, import.meta.url)),
    color: COLORS[name],
    env: { ...urls, LOG_FORMAT: format, ...own },
  });
  const internal = (name: ServiceName, url: string, adminPort: number): ServiceProgram =>
    service(name, {
      LISTEN: new URL(url).host,
      ADMIN_PORT: String(adminPort),
      // Its callers end before it, one after the other: no caller needs time to turn to another instance.
      DRAIN_DELAY_MS: '0',
    });
  return {
    host: HOST,
    port: PORT,
    folder: config.FRITZY_DATA,
    services: [
      internal('account', ACCOUNT_URL, config.ACCOUNT_ADMIN_PORT),
      internal('catalog', CATALOG_URL, config.CATALOG_ADMIN_PORT),
      internal('order', ORDER_URL, config.ORDER_ADMIN_PORT),
      service('graphql', { HOST, PORT: String(PORT) }),
    ],
  };
}
