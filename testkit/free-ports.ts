import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Engines listen on loopback only. */
export const HOST = '127.0.0.1';
/**
 * Below the ephemeral ports, so that no outgoing connection takes the port of a killed engine before its restart; above
 * the ports of `make engines-up`.
 */
const PORT_FROM = 20_000;
const PORT_TO = 30_000;

/** Distinct ports that are free at this moment. */
export async function findFreePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let tries = 0; ports.length < count; tries += 1) {
      if (tries > 1_000) throw new Error(`no free ports between ${PORT_FROM} and ${PORT_TO}`);
      const port = PORT_FROM + Math.floor(Math.random() * (PORT_TO - PORT_FROM));
      const server = await listen(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(
      held.map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }
  return ports;
}

/** Whether no program listens on the port. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
