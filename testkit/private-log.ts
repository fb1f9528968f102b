import type { EventLog, StoredMessage } from '#platform/events/event.ts';

/** A log in which nobody else's topics and groups are seen: for tests that share one Kafka. */
export function privateLog(log: EventLog, prefix: string): EventLog {
  const inner = (name: string): string => `${prefix}.${name}`;
  const outer = <T extends { readonly topic: string }>(one: T): T => ({
    ...one,
    topic: one.topic.slice(prefix.length + 1),
  });
  return {
    append: (messages) =>
      log.append(messages.map((message) => ({ ...message, topic: inner(message.topic) }))),
    consume: ({ group, topics, handle }) =>
      log.consume({
        group: inner(group),
        topics: topics.map(inner),
        handle: (batch, signal) => handle({ ...outer(batch), messages: batch.messages.map(outer) }, signal),
      }),
    watch: (topics, see) => log.watch(topics.map(inner), (message) => see(outer(message))),
    async *read(topic, since): AsyncGenerator<StoredMessage> {
      for await (const message of log.read(inner(topic), since)) yield outer(message);
    },
    lag: async (group, topics) => (await log.lag(inner(group), topics.map(inner))).map(outer),
    ping: () => log.ping(),
  };
}
