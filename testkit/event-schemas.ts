import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { NOTIFICATIONS, ORDER_CREATED, ORDER_EVENTS } from '#order/pb/topics.ts';
import type { EventLog, Message } from '#platform/events/event.ts';

/** The JSON Schema of each topic, and the payload field that must equal the message key. */
const SCHEMAS: Readonly<Record<string, { readonly path: string; readonly keyField: string }>> = {
  'account.events': { path: 'account/pb/account.events.schema.json', keyField: 'account_id' },
  'catalog.events': { path: 'catalog/pb/catalog.events.schema.json', keyField: 'product_id' },
  'category.events': { path: 'catalog/pb/category.events.schema.json', keyField: 'category_id' },
  [ORDER_EVENTS]: { path: 'order/pb/order.events.schema.json', keyField: 'order_id' },
  [ORDER_CREATED]: { path: 'order/pb/order.created.schema.json', keyField: 'order_id' },
  [NOTIFICATIONS]: { path: 'order/pb/notifications.schema.json', keyField: 'user_id' },
};
/** The topics that have a schema. */
export const TOPICS_WITH_SCHEMA: readonly string[] = Object.keys(SCHEMAS);
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
const checks = new Map<string, { readonly validate: ValidateFunction; readonly keyField: string }>();
for (const [topic, { path, keyField }] of Object.entries(SCHEMAS)) {
  const text = await readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
  checks.set(topic, { validate: ajv.compile(JSON.parse(text) as object), keyField });
}

/** The schema violations of a message; empty if it is valid. */
export function problemsOf({ topic, key, id, headers, value }: Message): string[] {
  const check = checks.get(topic);
  if (!check) return [`${topic} has no schema`];
  const payload = JSON.parse(value) as Record<string, unknown>;
  const { validate, keyField } = check;
  validate(payload);
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message }) => `${topic}${instancePath} ${message}`,
  );
  if (headers['ce_id'] !== id) problems.push(`${topic}: ce_id differs from the id`);
  for (const name of HEADERS) if (!headers[name]) problems.push(`${topic}: header ${name} is missing`);
  if (payload[keyField] !== key) problems.push(`${topic}: the key differs from ${keyField}`);
  return problems;
}

/** Wraps an event log and validates each appended message. Disposing throws if a message violated its schema. */
export function checkedLog<L extends Pick<EventLog, 'append'>>(log: L): L & Disposable {
  const problems: string[] = [];
  return {
    ...log,
    append: (messages: readonly Message[]) => {
      // A dead letter keeps its original payload, which may be invalid.
      problems.push(...messages.filter(({ topic }) => !topic.endsWith('.dlq')).flatMap(problemsOf));
      return log.append(messages);
    },
    [Symbol.dispose]: () => assert.deepEqual(problems, [], 'events that violate their schema'),
  };
}
