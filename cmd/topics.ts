import { SERVICES } from '#cmd/services.ts';
import { deadLetterTopic } from '#platform/events/event.ts';

/** All topics to which services publish, in the order of the table of services. */
export async function allTopics(): Promise<readonly string[]> {
  const modules = await Promise.all(SERVICES.map(({ topics }) => topics()));
  // The exports of a module are in alphabetical order.
  return modules.flatMap((topics) => Object.values(topics));
}

/** The topics, each followed by its dead-letter topic. */
export const withDeadLetters = (topics: readonly string[]): readonly string[] =>
  topics.flatMap((topic) => [topic, deadLetterTopic(topic)]);
