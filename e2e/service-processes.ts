import { GATEWAY, type ServiceName } from '#cmd/services.ts';
import { saying, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';

/** A service as a process of its own, on ports that the system chooses. */
export interface ServiceProcess {
  readonly program: Program;
  /** `grpc://host:port`, as the settings of its callers name it. */
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
  const [, grpcPort, adminPort] = await saying(program, /"grpc_port":(\d+),"admin_port":(\d+)/);
  return { program, url: `grpc://127.0.0.1:${grpcPort}`, adminUrl: `http://127.0.0.1:${adminPort}` };
}

/** Starts a gateway on a port that the system chooses and waits until it listens. It ends with the stack. */
export async function startGateway(
  stack: AsyncDisposableStack,
  env: Settings,
  options?: Options,
): Promise<{ program: Program; url: string }> {
  const program = stack.use(
    spawnProgram(`${GATEWAY.name}/cmd/server/main.ts`, { PORT: '0', ...env }, [], options),
  );
  const [, port] = await saying(program, /"http_port":(\d+)/);
  return { program, url: `http://127.0.0.1:${port}` };
}
