import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

export type { Logger };

export interface LogOptions {
  /** The service name: OpenTelemetry's service.name. */
  service: string;
  level: string;
  /** `auto` is readable text on a terminal and JSON everywhere else. */
  format: 'auto' | 'json' | 'text';
}

/** Writes one JSON object per line to standard output, or readable text. */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const settings = {
    level: options.level,
    base: { 'service.name': options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const readable = options.format === 'text' || (options.format === 'auto' && process.stdout.isTTY);
  if (!readable) return pino(settings, destination({ dest: 1, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(settings, pretty({ colorize: process.stdout.isTTY, ignore: 'service\\.name', sync: true }));
}

/** The fields that correlate a log line with a request: the request id and the trace id. */
export function callFields(call: { requestId: string; trace: { traceId: string } }): Record<string, string> {
  return { request_id: call.requestId, trace_id: call.trace.traceId };
}
