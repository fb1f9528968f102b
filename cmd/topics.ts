import { SERVICES } from '#cmd/services.ts';
import { deadLetterTopic } from '#platform/events/event.ts';

/** What services publish to, in the order of the table. */
export async function allTopics(): Promise<readonly string[]> {
  const modules = await Promise.all(SERVICES.map(({ topics }) => topics()));
  // The exports of a module come in alphabetical order.
  return modules.flatMap((topics) => Object.values(topics));
}

/** The topics, each with its dead letters after it. */
export const withDeadLetters = (topics: readonly string[]): readonly string[] =>
  topics.flatMap((topic) => [topic, deadLetterTopic(topic)]);
