import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitForOutput, spawnProgram, type Program } from '#cmd/fritzy/test/program.ts';
import { adminPortSetting, SERVICES, urlSetting, type ServiceName } from '#cmd/services.ts';
import type { ProcessRecord } from '#scripts/process-record.ts';
import { findFreePorts } from '#testkit/free-ports.ts';
import { postGraphQL } from '#testkit/shop.ts';

/** `make run-all` as tests start it: a folder and ports of its own. */

export const RUN_ALL = 'scripts/run-all.ts';

/** Settings of one `make run-all`, and what it notes of its processes. */
export interface RunAllSettings extends Disposable {
  readonly env: Readonly<Record<string, string>>;
  /** Of the gateway. */
  readonly url: string;
  /** Of /metrics and /readyz of a service. */
  adminUrl(service: ServiceName): string;
  records(): readonly ProcessRecord[];
  record(name: string): ProcessRecord;
}

/** `engines` are the settings that name what it runs on. */
export async function runAllSettings(engines: Readonly<Record<string, string>>): Promise<RunAllSettings> {
  const ports = (await findFreePorts(2 * SERVICES.length + 1)).map(String);
  const folder = mkdtempSync(join(tmpdir(), 'fritzy-run-all-'));
  const next = (): string => ports.pop() ?? assert.fail('too few ports');
  const urls = Object.fromEntries(
    SERVICES.map(({ name }) => [urlSetting(name), `grpc://127.0.0.1:${next()}`]),
  );
  const adminPorts = Object.fromEntries(SERVICES.map(({ name }) => [adminPortSetting(name), next()]));
  const api = next();
  const records = (): readonly ProcessRecord[] =>
    JSON.parse(readFileSync(join(folder, 'run-all', 'processes.json'), 'utf8')) as ProcessRecord[];
  return {
    env: {
      ...engines,
      ...urls,
      ...adminPorts,
      FRITZY_DATA: folder,
      PORT: api,
    },
    url: `http://127.0.0.1:${api}`,
    adminUrl: (service) => `http://127.0.0.1:${adminPorts[adminPortSetting(service)]}`,
    records,
    record: (name) => {
      const found = records().find((record) => record.name === name);
      assert.ok(found, `${name} is not noted`);
      return found;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function startAll({ env }: RunAllSettings): Promise<Program> {
  const program = spawnProgram(RUN_ALL, env);
  await waitForOutput(program, /Fritzy is running/);
  return program;
}

/** Returns its total. */
export async function placeOrder(url: string): Promise<number | undefined> {
  const made = await postGraphQL(url, {
    query: `mutation {
      createAccount(account: { name: "John Doe" }) { id }
      createProduct(product: { name: "iPhone 15 Pro", description: "Latest flagship", price: 1199.99 }) { id }
    }`,
  });
  const { createAccount, createProduct } = made.data ?? {};
  const placed = await postGraphQL(url, {
    query: `mutation { createOrder(order: { accountId: "${createAccount?.id}", products: [{ productId: "${createProduct?.id}", quantity: 2 }] }) { totalPrice } }`,
  });
  return placed.data?.createOrder?.totalPrice;
}
