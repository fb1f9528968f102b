import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { allTopics } from '#cmd/topics.ts';
import type { EventLog, Message } from '#platform/events/event.ts';
import { messageIn } from '#platform/test/event-log-contract.ts';
import { checkedLog, problemsOf, TOPICS_WITH_SCHEMA } from '#testkit/event-schemas.ts';

const ID = '01936f0e-7a1c-7d3e-8f4a-5b6c7d8e9f01';
const OTHER_ID = '01936f0e-7a1c-7d3e-8f4a-5b6c7d8e9f02';
const timestamp = '2026-01-31T12:00:00.000Z';
const products = [{ product_id: OTHER_ID, name: 'Lamp', price: 1_999, quantity: 2 }];

/** A payload of each topic as its schema wants it. */
const GOOD: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'account.events': { event_type: 'account_created', account_id: ID, name: 'Ada', timestamp },
  'catalog.events': { event_type: 'product_created', product_id: ID, name: 'Lamp', price: 1_999, timestamp },
  'category.events': {
    event_type: 'category_created',
    category_id: ID,
    name: 'Lamps',
    parent_id: null,
    timestamp,
  },
  'order.events': { event_type: 'order_placed', order_id: ID, total_price: 3_998, products, timestamp },
  'order.created': { order_id: ID, account_id: OTHER_ID, products, timestamp },
  notifications: { user_id: ID, type: 'order_placed', message: 'Your order was placed.', timestamp },
};

const eventIn = (topic: string, payload: object): Message => ({
  ...messageIn(topic, ID, 1),
  value: JSON.stringify(payload),
});

suite('the check of events against their schemas', () => {
  test('every topic that services publish to has a schema', async () => {
    const topics = (await allTopics()).toSorted();
    assert.deepEqual(TOPICS_WITH_SCHEMA.toSorted(), topics);
    assert.deepEqual(Object.keys(GOOD).sort(), topics);
    assert.deepEqual(problemsOf(messageIn('twin.events', ID, 1)), ['twin.events has no schema']);
  });

  for (const [topic, payload] of Object.entries(GOOD)) {
    const caught = (bad: object, problem: RegExp): void =>
      assert.match(problemsOf(eventIn(topic, bad)).join('\n'), problem);

    test(`${topic}: a good event passes; one with a field missing, of another type or unknown is caught`, () => {
      assert.deepEqual(problemsOf(eventIn(topic, payload)), []);
      for (const field of Object.keys(payload)) {
        const { [field]: _, ...others } = payload;
        caught(others, new RegExp(`must have required property '${field}'`));
        caught({ ...payload, [field]: true }, new RegExp(`${topic}/${field} must be `));
      }
      caught({ ...payload, colour: 'red' }, /must NOT have additional properties/);
      caught({ ...payload, timestamp: 'yesterday' }, /\/timestamp must match format "date-time"/);
    });
  }

  test('an amount that is no whole number is caught, also within a line', () => {
    for (const [topic, bad] of [
      ['catalog.events', { price: 19.99 }],
      ['order.events', { total_price: 39.98 }],
      ['order.events', { products: [{ ...products[0], price: 19.99 }] }],
      ['order.created', { products: [{ ...products[0], price: 19.99 }] }],
    ] as const)
      assert.match(problemsOf(eventIn(topic, { ...GOOD[topic], ...bad })).join(), /price must be integer/);
  });

  test('a key that is not the id of the aggregate, a missing header and a foreign ce_id are caught', () => {
    const good = eventIn('order.created', GOOD['order.created'] ?? {});
    const { traceparent: _, ...headers } = good.headers;
    for (const [bad, problem] of [
      [{ key: OTHER_ID }, 'order.created: the key is not order_id'],
      [{ headers }, 'order.created: no header traceparent'],
      [{ id: OTHER_ID }, 'order.created: ce_id is not the id'],
    ] as const)
      assert.deepEqual(problemsOf({ ...good, ...bad }), [problem]);
  });

  test('a test shop that published a bad event fails when it ends; dead letters may be bad', async () => {
    const log: Pick<EventLog, 'append'> = { append: () => Promise.resolve() };
    const publish = async (topic: string): Promise<void> => {
      using checked = checkedLog(log);
      await checked.append([{ ...eventIn('account.events', {}), topic }]);
    };
    await publish('account.events.dlq');
    await assert.rejects(publish('account.events'), /events that break their schema/);
  });
});
