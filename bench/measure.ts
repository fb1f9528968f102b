import { fileURLToPath } from 'node:url';
import type { Result } from '#bench/load.ts';
import { cpuSeconds, runProgram } from '#bench/processes.ts';

/** Enough callers to keep one core busy, and a realistic number for a small server. */
export const CONNECTIONS = 64;

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url));

export interface Measured extends Result {
  readonly cpuMicrosPerRequest: number;
}

export interface LoadOptions {
  readonly bodiesFile: string;
  readonly seconds: string;
  /** The core of the load generator; by default, the scheduler chooses. */
  readonly core?: number;
  /** The path of the requests; the default is /graphql. */
  readonly path?: string;
  /** A header line of all requests. */
  readonly header?: string;
}

/** Runs the load generator and measures the CPU time that the server process uses in that time. */
export async function measure(
  server: { readonly pid: number; readonly port: number },
  { bodiesFile, seconds, core, path = '/graphql', header = '' }: LoadOptions,
): Promise<Measured> {
  const before = await cpuSeconds(server.pid);
  const args = [LOAD, String(server.port), String(CONNECTIONS), seconds, bodiesFile, path, header];
  const result = await runProgram<Result>(args, core);
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    ...result,
    cpuMicrosPerRequest: (((await cpuSeconds(server.pid)) - before) * 1e6) / result.requests,
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const perSecond = (of: readonly { requestsPerSecond: number }[]): number =>
  median(of.map(({ requestsPerSecond }) => requestsPerSecond));

export const HEADINGS = [
  ''.padEnd(62),
  'per s'.padStart(9),
  'CPU µs each'.padStart(12),
  'p95 ms'.padStart(8),
  '  ratio',
].join('  ');

/** One line of the table. `cpuMicros` replaces the median of `runs`. */
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

/** The median of the ratios of adjacent slices, with their range. */
export function spread(all: readonly number[], reference: string): string {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return `${median(all).toFixed(2)} × (${reference})   ${low.toFixed(2)} to ${high.toFixed(2)}`;
}
