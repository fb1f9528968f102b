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

/** A valid payload for each topic. */
const VALID: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
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

suite('validation of events against their schemas', () => {
  test('every topic of the services has a schema', async () => {
    const topics = (await allTopics()).toSorted();
    assert.deepEqual(TOPICS_WITH_SCHEMA.toSorted(), topics);
    assert.deepEqual(Object.keys(VALID).sort(), topics);
    assert.deepEqual(problemsOf(messageIn('twin.events', ID, 1)), ['twin.events has no schema']);
  });

  for (const [topic, payload] of Object.entries(VALID)) {
    const assertInvalid = (invalid: object, problem: RegExp): void =>
      assert.match(problemsOf(eventIn(topic, invalid)).join('\n'), problem);

    test(`${topic}: a valid event passes; a missing field, an unknown field and a wrong type are reported`, () => {
      assert.deepEqual(problemsOf(eventIn(topic, payload)), []);
      for (const field of Object.keys(payload)) {
        const { [field]: _, ...others } = payload;
        assertInvalid(others, new RegExp(`must have required property '${field}'`));
        assertInvalid({ ...payload, [field]: true }, new RegExp(`${topic}/${field} must be `));
      }
      assertInvalid({ ...payload, colour: 'red' }, /must NOT have additional properties/);
      assertInvalid({ ...payload, timestamp: 'yesterday' }, /\/timestamp must match format "date-time"/);
    });
  }

  test('an amount that is not an integer is reported, also in an order line', () => {
    for (const [topic, invalid] of [
      ['catalog.events', { price: 19.99 }],
      ['order.events', { total_price: 39.98 }],
      ['order.events', { products: [{ ...products[0], price: 19.99 }] }],
      ['order.created', { products: [{ ...products[0], price: 19.99 }] }],
    ] as const)
      assert.match(
        problemsOf(eventIn(topic, { ...VALID[topic], ...invalid })).join(),
        /price must be integer/,
      );
  });

  test('a key that differs from the aggregate id, a missing header and a wrong ce_id are reported', () => {
    const valid = eventIn('order.created', VALID['order.created'] ?? {});
    const { traceparent: _, ...headers } = valid.headers;
    for (const [change, problem] of [
      [{ key: OTHER_ID }, 'order.created: the key differs from order_id'],
      [{ headers }, 'order.created: header traceparent is missing'],
      [{ id: OTHER_ID }, 'order.created: ce_id differs from the id'],
    ] as const)
      assert.deepEqual(problemsOf({ ...valid, ...change }), [problem]);
  });

  test('disposing of a test shop that published an invalid event throws; dead letters may be invalid', async () => {
    const log: Pick<EventLog, 'append'> = { append: () => Promise.resolve() };
    const publish = async (topic: string): Promise<void> => {
      using checked = checkedLog(log);
      await checked.append([{ ...eventIn('account.events', {}), topic }]);
    };
    await publish('account.events.dlq');
    await assert.rejects(publish('account.events'), /events that violate their schema/);
  });
});
