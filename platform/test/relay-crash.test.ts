import { after } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { postgresEventLog } from '#platform/events/postgres.ts';
import { INDEX_ORDER_SETTINGS } from '#platform/postgres/index-order.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openTestPostgres } from '#testkit/postgres.ts';
import { memoryLogger } from '#testkit/shop.ts';
import { consumerCrashContract } from './consumer-crash-contract.ts';
import { relayCrashContract } from './relay-crash-contract.ts';

const postgres = await openTestPostgres();
after(() => postgres[Symbol.asyncDispose]());

async function open() {
  const url = await postgres.createDatabase('events');
  const database = openDatabase({
    url,
    name: 'events',
    telemetry: createTelemetry(),
    settings: INDEX_ORDER_SETTINGS,
  });
  const { logger, lines } = memoryLogger();
  return {
    url,
    log: postgresEventLog({ database, logger, now: systemClock.now }),
    lines,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

consumerCrashContract('PostgreSQL', open, postgres, false);
relayCrashContract('PostgreSQL', open, postgres, false);
