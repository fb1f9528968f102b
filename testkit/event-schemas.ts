import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { EventLog, Message } from '#platform/events/event.ts';

/** The JSON Schema of each topic, beside the protobuf of the service that publishes it. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'account.events': 'account/pb/account.events.schema.json',
  'catalog.events': 'catalog/pb/catalog.events.schema.json',
  'order.events': 'order/pb/order.events.schema.json',
  'order.created': 'order/pb/order.created.schema.json',
  notifications: 'order/pb/notifications.schema.json',
};
const HEADERS = [
  'ce_id',
  'ce_source',
  'ce_specversion',
  'ce_time',
  'ce_type',
  'aggregate_version',
  'traceparent',
];

const ajv = new Ajv2020({ allErrors: true });
formats.default(ajv);
const checks = new Map<string, ValidateFunction>();
for (const [topic, path] of Object.entries(SCHEMAS)) {
  const text = await readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
  checks.set(topic, ajv.compile(JSON.parse(text) as object));
}

/** What is wrong with a message that a service publishes; empty if nothing is. */
export function problemsOf({ topic, key, id, headers, value }: Message): string[] {
  const check = checks.get(topic);
  if (!check) return [`${topic} has no schema`];
  const payload = JSON.parse(value) as Record<string, unknown>;
  check(payload);
  const problems = (check.errors ?? []).map(
    ({ instancePath, message }) => `${topic}${instancePath} ${message}`,
  );
  if (headers['ce_id'] !== id) problems.push(`${topic}: ce_id is not the id`);
  for (const name of HEADERS) if (!headers[name]) problems.push(`${topic}: no header ${name}`);
  const keys = [payload['account_id'], payload['product_id'], payload['order_id'], payload['user_id']];
  if (!keys.includes(key)) problems.push(`${topic}: the key is not the aggregate's id`);
  return problems;
}

/** The log, with every message checked that services publish. Disposing fails if one was not as its schema says. */
export function checkedLog(log: EventLog): EventLog & Disposable {
  const problems: string[] = [];
  return {
    ...log,
    append: (messages) => {
      // Dead letters are what they were, with headers of their own.
      problems.push(...messages.filter(({ topic }) => !topic.endsWith('.dlq')).flatMap(problemsOf));
      return log.append(messages);
    },
    [Symbol.dispose]: () => assert.deepEqual(problems, [], 'events that break their schema'),
  };
}
