import { GATEWAY, type ServiceName } from '#cmd/services.ts';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import type { TestPostgres } from '#testkit/postgres.ts';

/** A service in its own process, on ports that the system assigns. */
export interface ServiceProcess {
  readonly program: Program;
  /** The gRPC URL for the settings of its callers. */
  readonly url: string;
  readonly adminUrl: string;
}

type Settings = Readonly<Record<string, string>>;
type Options = NonNullable<Parameters<typeof spawnProgram>[3]>;

/** Starts a service and waits until it listens. It ends with the stack. */
export async function startService(
  stack: AsyncDisposableStack,
  name: ServiceName,
  env: Settings,
  options?: Options,
): Promise<ServiceProcess> {
  const ports = { LISTEN: '127.0.0.1:0', ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0' };
  const program = stack.use(spawnProgram(`${name}/cmd/server/main.ts`, { ...ports, ...env }, [], options));
  const [, grpcPort, adminPort] = await waitForOutput(program, /"grpc_port":(\d+),"admin_port":(\d+)/);
  return { program, url: `grpc://127.0.0.1:${grpcPort}`, adminUrl: `http://127.0.0.1:${adminPort}` };
}

/** Starts a gateway on a port that the system assigns and waits until it listens. It ends with the stack. */
export async function startGateway(
  stack: AsyncDisposableStack,
  env: Settings,
  options?: Options,
): Promise<{ program: Program; url: string }> {
  const program = stack.use(
    spawnProgram(`${GATEWAY.name}/cmd/server/main.ts`, { PORT: '0', ...env }, [], options),
  );
  const [, port] = await waitForOutput(program, /"http_port":(\d+)/);
  return { program, url: `http://127.0.0.1:${port}` };
}

/** A shop with one process per service, on its own databases. */
export interface ShopProcesses {
  readonly account: ServiceProcess;
  readonly catalog: ServiceProcess;
  readonly order: ServiceProcess;
  readonly gateway: Program;
  readonly url: string;
  /** The settings of the account service, to start another instance. */
  readonly accountEnv: Settings;
  /** The URLs of the services that the order service and the gateway both call. */
  readonly upstreams: Settings;
}

/** Starts all services and the gateway, which end with the stack. */
export async function startShopProcesses(
  stack: AsyncDisposableStack,
  postgres: Pick<TestPostgres, 'createDatabase'>,
  options: { env?: Settings; gatewayEnv?: Settings; all?: Options; gateway?: Options } = {},
): Promise<ShopProcesses> {
  const [account, catalog, order, events] = await Promise.all([
    postgres.createDatabase('account'),
    postgres.createDatabase('catalog'),
    postgres.createDatabase('order'),
    postgres.createDatabase('events'),
  ]);
  const common = { ...options.env, EVENTS_URL: events };
  const accountEnv = { ...common, ACCOUNT_DATABASE_URL: account };
  const [accounts, products] = await Promise.all([
    startService(stack, 'account', accountEnv, options.all),
    startService(stack, 'catalog', { ...common, CATALOG_DATABASE_URL: catalog }, options.all),
  ]);
  const upstreams = { ACCOUNT_URL: accounts.url, CATALOG_URL: products.url };
  const orderEnv = { ...common, ...upstreams, ORDER_DATABASE_URL: order };
  const orders = await startService(stack, 'order', orderEnv, options.all);
  const gatewayEnv = { ...options.env, ...options.gatewayEnv, ...upstreams, ORDER_URL: orders.url };
  const gateway = await startGateway(stack, gatewayEnv, { ...options.all, ...options.gateway });
  return {
    account: accounts,
    catalog: products,
    order: orders,
    gateway: gateway.program,
    url: gateway.url,
    accountEnv,
    upstreams,
  };
}
