import assert from 'node:assert/strict';
import { createDocuments, type Operation, type Refusal } from '#graphql/documents.ts';
import { createTelemetry } from '#platform/telemetry.ts';

const telemetry = createTelemetry();
const documents = createDocuments(2, telemetry);

export function prepare(source: string, operationName: string | undefined): Operation | Refusal {
  const operation = documents.prepare(source, operationName);
  if (!('errors' in operation)) documents.done(operation);
  return operation;
}

/** Returns the code and the message of the first error, or undefined if the document is valid. */
export function refusal(source: string): { code: unknown; message: string } | undefined {
  const operation = prepare(source, undefined);
  if (!('errors' in operation)) return undefined;
  const [error] = operation.errors;
  return { code: error?.extensions['code'], message: error?.message ?? '' };
}

export function assertLimited(source: string, message: RegExp): void {
  const refused = refusal(source);
  assert.equal(refused?.code, 'GRAPHQL_LIMIT_EXCEEDED');
  assert.match(refused.message, message);
}

export const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
