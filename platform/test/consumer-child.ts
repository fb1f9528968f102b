import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import type { EventLog } from '#platform/events/event.ts';
import { createLogger } from '#platform/logger.ts';
import { openEventLog } from '#platform/service.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { effectsIn, withInbox, withoutInbox } from './effects.ts';

/**
 * A group member in a process that the tests kill: node consumer-child.ts <inbox URL> <event log URL> <topic> <kind>.
 * It prints the number of events of a batch after their effect, and commits its position a little later. The kind
 * `without-inbox` is known-bad.
 */
const [inboxUrl = '', eventsUrl = '', topic = '', kind = 'real'] = process.argv.slice(2);
/** Long enough for the parent to kill it before the commit. */
const BEFORE_COMMIT_MS = 200;

const telemetry = createTelemetry();
const logger = await createLogger({ service: 'consumer', level: 'fatal', format: 'json' });
const stack = new AsyncDisposableStack();
const log = await openEventLog(eventsUrl, { logger, telemetry, clock: systemClock }, stack);
const reportingLog: EventLog = {
  ...log,
  consume: (subscription) =>
    log.consume({
      ...subscription,
      handle: async (batch, signal) => {
        await subscription.handle(batch, signal);
        process.stdout.write(`${batch.messages.length}\n`);
        await delay(BEFORE_COMMIT_MS);
      },
    }),
};
const start = kind === 'without-inbox' ? withoutInbox : withInbox;
const deps = { log: reportingLog, logger, telemetry, clock: systemClock };
await start(deps, effectsIn(inboxUrl), { group: topic, topics: [topic] });
