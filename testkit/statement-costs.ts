import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startScratchServer } from '#testkit/postgres.ts';

/** The cost of one execution of a statement. */
export interface StatementCost {
  readonly database: string;
  readonly text: string;
  /** Rows that table and index scans returned or filtered out. */
  readonly rows: number;
  /** 8 KiB blocks read from the buffer cache or the disk. */
  readonly buffers: number;
}

/** A plan node of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON). */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

const EXPLAIN_SETTINGS = {
  shared_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_directory: 'log',
  log_filename: 'statements.log',
  log_rotation_size: '0',
  log_rotation_age: '0',
  // Statistics change only when a test changes them.
  autovacuum: 'off',
};
/** Excludes the statements of a session from the recording. */
export const UNRECORDED = 'SET auto_explain.log_min_duration = -1';

/** Starts a server that records the actual cost and plan of every statement. */
export async function startRecordingServer() {
  const server = await startScratchServer(EXPLAIN_SETTINGS);
  const file = join(server.dataDir, 'log', 'statements.json');
  return {
    url: server.url,
    /** Returns a function that gives the costs of all statements executed since this call. */
    async record(): Promise<() => Promise<readonly StatementCost[]>> {
      const next = await followLines(file);
      const costs: StatementCost[] = [];
      return async () => {
        costs.push(...(await next()).flatMap(costOfLine));
        return costs;
      };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Returns a function that gives the new complete lines of a non-empty file. Lines that started before this call are excluded. */
export async function followLines(file: string): Promise<() => Promise<string[]>> {
  // Starts at the last byte: if it is not a line end, the next bytes belong to a line that started before.
  let from = (await stat(file)).size - 1;
  let isFirstRead = true;
  return async () => {
    const size = (await stat(file)).size - from;
    await using handle = await open(file);
    const { buffer } = await handle.read({ buffer: Buffer.alloc(size), position: from });
    const end = buffer.lastIndexOf('\n') + 1;
    if (end === 0) return [];
    const start = isFirstRead ? buffer.indexOf('\n') + 1 : 0;
    isFirstRead = false;
    from += end;
    return buffer.toString('utf8', start, end).split('\n').filter(Boolean);
  };
}

function costOfLine(line: string): StatementCost[] {
  const { message, dbname } = JSON.parse(line) as { message?: string; dbname?: string };
  const [, json] = /^duration: .*? plan:\n(\{.*)$/s.exec(message ?? '') ?? [];
  if (json === undefined) return [];
  const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
  return [{ database: dbname ?? '', text: text.replace(/\s+/g, ' ').trim(), ...costOf(plan) }];
}

/** The cost of an executed plan. */
export function costOf(plan: PlanNode): Pick<StatementCost, 'rows' | 'buffers'> {
  // The buffers of a node include those of its child nodes.
  return { rows: rowsOf(plan), buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] };
}

function rowsOf(node: PlanNode): number {
  const isScan = node['Relation Name'] !== undefined || node['Index Name'] !== undefined;
  const perLoop =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  const children = (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0);
  const own = isScan ? Math.round(perLoop * node['Actual Loops']) : 0;
  // A bitmap scan finds rows in an index and reads the same rows from the table: one read, as in an index scan.
  return node['Node Type'] === 'Bitmap Heap Scan' ? Math.max(own, children) : own + children;
}
