import type { EventLog, StoredMessage } from '#platform/events/event.ts';

/** Wraps an event log with a prefix for topics and groups, so that tests can share one Kafka. */
export function privateLog(log: EventLog, prefix: string): EventLog {
  const addPrefix = (name: string): string => `${prefix}.${name}`;
  const removePrefix = <T extends { readonly topic: string }>(item: T): T => ({
    ...item,
    topic: item.topic.slice(prefix.length + 1),
  });
  return {
    append: (messages) =>
      log.append(messages.map((message) => ({ ...message, topic: addPrefix(message.topic) }))),
    consume: ({ group, topics, handle }) =>
      log.consume({
        group: addPrefix(group),
        topics: topics.map(addPrefix),
        handle: (batch, signal) =>
          handle({ ...removePrefix(batch), messages: batch.messages.map(removePrefix) }, signal),
      }),
    watch: (topics, onMessage) =>
      log.watch(topics.map(addPrefix), (message) => onMessage(removePrefix(message))),
    async *read(topic, since): AsyncGenerator<StoredMessage> {
      for await (const message of log.read(addPrefix(topic), since)) yield removePrefix(message);
    },
    lag: async (group, topics) => (await log.lag(addPrefix(group), topics.map(addPrefix))).map(removePrefix),
    ping: () => log.ping(),
  };
}
