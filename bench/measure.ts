import { fileURLToPath } from 'node:url';
import type { Result } from '#bench/load.ts';
import { cpuSeconds, runProgram } from '#bench/processes.ts';

/** As many callers as keep one core busy and no more than a small server has to expect. */
export const CONNECTIONS = 64;

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url));

export interface Measured extends Result {
  readonly cpuMicrosPerRequest: number;
}

export interface LoadOptions {
  readonly bodiesFile: string;
  readonly seconds: string;
  /** The load generator's core; left out, the system decides. */
  readonly core?: number;
  /** Where the bodies are posted to; /graphql by default. */
  readonly path?: string;
}

/** CPU of the server's process over one load run, the generator on the other core where there is one. */
export async function measure(
  server: { readonly pid: number; readonly port: number },
  { bodiesFile, seconds, core, path = '/graphql' }: LoadOptions,
): Promise<Measured> {
  const before = await cpuSeconds(server.pid);
  const args = [LOAD, String(server.port), String(CONNECTIONS), seconds, bodiesFile, path];
  const result = await runProgram<Result>(args, core);
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    ...result,
    cpuMicrosPerRequest: (((await cpuSeconds(server.pid)) - before) * 1e6) / result.requests,
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const perSecond = (of: readonly { requestsPerSecond: number }[]): number =>
  median(of.map((one) => one.requestsPerSecond));

export const HEADINGS = [
  ''.padEnd(62),
  'per s'.padStart(9),
  'CPU µs each'.padStart(12),
  'p95 ms'.padStart(8),
  '  ratio',
].join('  ');

/** One line of the table; `cpuMicros` where no load runs tell it. */
export function row(
  name: string,
  rate: number,
  of: { readonly runs?: readonly Measured[]; readonly cpuMicros?: number; readonly against?: string } = {},
): string {
  const { runs = [], against = '' } = of;
  const micros = of.cpuMicros ?? median(runs.map((run) => run.cpuMicrosPerRequest));
  const p95 = median(runs.map((run) => run.p95));
  const cell = (value: number, digits: number): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
  const cells = [
    Math.round(rate).toLocaleString('en').padStart(9),
    cell(micros, 1).padStart(12),
    cell(p95, 2).padStart(8),
  ];
  return [name.padEnd(62), ...cells, `  ${against}`].join('  ').trimEnd();
}

/** The median of ratios of neighbouring slices, with their range. */
export function spread(all: readonly number[], reference: string): string {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return `${median(all).toFixed(2)} × (${reference})   ${low.toFixed(2)} to ${high.toFixed(2)}`;
}
