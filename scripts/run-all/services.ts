import { fileURLToPath } from 'node:url';
import { adminPortSetting, GATEWAY, mainOf, SERVICES, urlSetting } from '#cmd/services.ts';
import { gatewaySettings } from '#graphql/config.ts';
import {
  commonSettings,
  readConfig,
  str,
  urlOf as urlWith,
  wholeNumber,
  type Environment,
} from '#platform/config.ts';
import { serviceSettings } from '#platform/service.ts';

/** A program that `make run-all` keeps running. */
export interface ServiceProgram {
  readonly name: string;
  /** The absolute path of its entry file. */
  readonly main: string;
  readonly color: string;
  /** What it gets beside the environment of `make run-all` itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it reports whether it can serve. */
  readonly readyUrl: string;
}

const port = wholeNumber(1, 65_535);
const grpcUrl = urlWith('grpc');

const urlSettings = Object.fromEntries(
  SERVICES.map(({ name, grpcPort }) => [
    urlSetting(name),
    grpcUrl({ default: `grpc://127.0.0.1:${grpcPort}`, desc: `Where the ${name} service listens.` }),
  ]),
);
const adminPortSettings = Object.fromEntries(
  SERVICES.map(({ name, adminPort }) => [
    adminPortSetting(name),
    port({ default: adminPort, desc: `The port of the ${name} service's metrics.` }),
  ]),
);
/** The settings of `make run-all`; the services check their own. */
export const runAllSettings = {
  ...urlSettings,
  ...adminPortSettings,
  LOG_FORMAT: commonSettings.LOG_FORMAT,
  HOST: gatewaySettings.HOST,
  ADMIN_HOST: serviceSettings.ADMIN_HOST,
  PORT: port({ default: GATEWAY.port, desc: 'The port on which the API answers.' }),
  FRITZY_DATA: str({ default: '.fritzy', desc: 'The folder in which it notes what it has started.' }),
};

export interface RunAllConfig {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** In the order in which they are started; they are stopped the other way round, from the gateway inwards. */
  readonly services: readonly ServiceProgram[];
}

/** Settings and ports of all services. */
export function runAllConfig(env: Environment, isTerminal: boolean): RunAllConfig {
  const { HOST, ADMIN_HOST, PORT, FRITZY_DATA, LOG_FORMAT } = readConfig(env, runAllSettings);
  const urls = readConfig(env, urlSettings);
  const adminPorts = readConfig(env, adminPortSettings);
  // The services write into pipes: whether a person looks on is to be seen here.
  const format = LOG_FORMAT === 'auto' ? (isTerminal ? 'text' : 'json') : LOG_FORMAT;
  const urlOf = (name: string): string => urls[urlSetting(name)] ?? '';
  const common = {
    ...Object.fromEntries(SERVICES.map(({ name }) => [urlSetting(name), urlOf(name)])),
    LOG_FORMAT: format,
  };
  const services = SERVICES.map(({ name, color }): ServiceProgram => {
    const adminPort = String(adminPorts[adminPortSetting(name)]);
    const own = {
      LISTEN: new URL(urlOf(name)).host,
      ADMIN_PORT: adminPort,
      // Its callers end before it, one after the other: no caller needs time to turn to another instance.
      DRAIN_DELAY_MS: '0',
    };
    const readyUrl = `http://${localHost(ADMIN_HOST)}:${adminPort}/readyz`;
    return { name, color, main: fileURLToPath(mainOf(name)), env: { ...common, ...own }, readyUrl };
  });
  const gateway: ServiceProgram = {
    ...GATEWAY,
    main: fileURLToPath(mainOf(GATEWAY.name)),
    env: { ...common, HOST, PORT: String(PORT) },
    readyUrl: `http://${localHost(HOST)}:${PORT}/readyz`,
  };
  return { host: HOST, port: PORT, folder: FRITZY_DATA, services: [...services, gateway] };
}

/** The host of a URL by which this machine reaches a program that listens on the address. */
function localHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
