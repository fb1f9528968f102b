import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountSettings } from '#account/config.ts';
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

/** A program that `make run-all` runs and restarts. */
export interface ServiceProgram {
  readonly name: string;
  /** The absolute path of its entry file. */
  readonly main: string;
  readonly color: string;
  /** Variables that are added to the environment of `make run-all`. */
  readonly env: Readonly<Record<string, string>>;
  /** The URL of /readyz. */
  readonly readyUrl: string;
}

const port = wholeNumber(1, 65_535);
const grpcUrl = urlWith('grpc');

const urlSettings = Object.fromEntries(
  SERVICES.map(({ name, grpcPort }) => [
    urlSetting(name),
    grpcUrl({ default: `grpc://127.0.0.1:${grpcPort}`, desc: `The URL of the ${name} service.` }),
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
  TOKEN_KEYS: accountSettings.TOKEN_KEYS,
  HOST: gatewaySettings.HOST,
  ADMIN_HOST: serviceSettings.ADMIN_HOST,
  PORT: port({ default: GATEWAY.port, desc: 'The port on which the API answers.' }),
  FRITZY_DATA: str({ default: '.fritzy', desc: 'The folder that stores the list of started processes.' }),
};

export interface RunAllConfig {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** In the order of start. They are stopped in reverse order, the gateway first. */
  readonly services: readonly ServiceProgram[];
}

/** The settings and ports of all services. */
export function runAllConfig(env: Environment, isTerminal: boolean): RunAllConfig {
  const { HOST, ADMIN_HOST, PORT, FRITZY_DATA, LOG_FORMAT, TOKEN_KEYS } = readConfig(env, runAllSettings);
  const urls = readConfig(env, urlSettings);
  const adminPorts = readConfig(env, adminPortSettings);
  // The services write into pipes, so only this process can detect a terminal.
  const format = LOG_FORMAT === 'auto' ? (isTerminal ? 'text' : 'json') : LOG_FORMAT;
  const urlOf = (name: string): string => urls[urlSetting(name)] ?? '';
  const common = {
    ...Object.fromEntries(SERVICES.map(({ name }) => [urlSetting(name), urlOf(name)])),
    LOG_FORMAT: format,
    TOKEN_KEYS: TOKEN_KEYS || join(FRITZY_DATA, 'token-keys'),
  };
  const services = SERVICES.map(({ name, color }): ServiceProgram => {
    const adminPort = String(adminPorts[adminPortSetting(name)]);
    const own = {
      LISTEN: new URL(urlOf(name)).host,
      ADMIN_PORT: adminPort,
      // Its callers stop before it does, so no caller needs time to switch to another instance.
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

/** The URL host at which a program on this machine that listens on the address is reachable. */
function localHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
