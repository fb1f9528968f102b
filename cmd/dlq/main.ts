import { resolve } from 'node:path';
import { dlqSettings } from '#cmd/dlq/config.ts';
import { allTopics } from '#cmd/topics.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';
import { listDeadLetters, replayDeadLetters, type DeadLetter } from '#platform/events/dead-letters.ts';
import type { EventLog } from '#platform/events/event.ts';
import { createLogger } from '#platform/logger.ts';
import { runningServerUrl } from '#platform/postgres/running-server.ts';
import { runOnce } from '#platform/run.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';

/**
 * Lists or replays dead letters: `node cmd/dlq/main.ts list|replay`, with TOPIC and SINCE from the environment. `list`
 * prints the dead letters of all topics or of TOPIC. `replay` returns those of TOPIC to the groups that failed.
 */
await runOnce(async () => {
  await using stack = new AsyncDisposableStack();
  const [command, ...others] = process.argv.slice(2);
  if ((command !== 'list' && command !== 'replay') || others.length > 0)
    throw new StartError('the command must be list or replay: node cmd/dlq/main.ts list|replay.');
  const config = readConfig(process.env, dlqSettings);
  const topics = await allTopics();
  if (config.TOPIC && !topics.includes(config.TOPIC))
    throw new StartError(
      `TOPIC is ${JSON.stringify(config.TOPIC)}, but must be one of ${topics.join(', ')}.`,
    );
  const url = config.EVENTS_URL ?? runningServerUrl(resolve(config.FRITZY_DATA), 'events');
  if (!url) {
    throw new StartError(
      'no event log found: start the shop with make run, or set EVENTS_URL to kafka://… or postgres://….',
    );
  }
  const logger = await createLogger({ service: 'dlq', level: 'error', format: config.LOG_FORMAT });
  const log = await openEventLog(url, { logger, telemetry: createTelemetry(), clock: systemClock }, stack);
  const since = config.SINCE?.at(systemClock.now());
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  if (command === 'list') return await list(log, config.TOPIC ? [config.TOPIC] : topics, since, write);
  if (!config.TOPIC)
    throw new StartError('TOPIC is missing: run make dlq-replay TOPIC=order.created [SINCE=2h].');
  const count = await replayDeadLetters(log, config.TOPIC, {
    newId: systemClock.newId,
    ...(since && { since }),
  });
  write(count === 0 ? 'Nothing to replay.' : `Replayed ${count} dead letters to ${config.TOPIC}.`);
});

async function list(
  log: EventLog,
  topics: readonly string[],
  since: Date | undefined,
  write: (line: string) => void,
): Promise<void> {
  let pending = 0;
  let replayed = 0;
  for (const topic of topics) {
    for await (const letter of listDeadLetters(log, topic)) {
      if (since && letter.time < since) continue;
      if (letter.replayed) replayed += 1;
      else pending += 1;
      write(lineOf(topic, letter));
    }
  }
  write(`${pending} dead letters are pending, ${replayed} were replayed.`);
}

function lineOf(topic: string, letter: DeadLetter): string {
  const state = letter.replayed ? 'replayed' : 'pending ';
  const trace = letter.traceId === '' ? '' : `  trace ${letter.traceId}`;
  const what = `${topic}  ${letter.type}  ${letter.key}  event ${letter.eventId}${trace}`;
  const why = `${letter.group}, ${letter.attempts} attempts: ${letter.error}`;
  // The text comes from outside: control characters must not reach the terminal.
  return [`${letter.time.toISOString()}  ${state}  ${what}`, `    ${why}`]
    .map((line) => line.replaceAll(/\p{Cc}/gu, ' '))
    .join('\n');
}
