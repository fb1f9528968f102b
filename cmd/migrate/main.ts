import { setTimeout as rest } from 'node:timers/promises';
import { databaseSettings } from '#cmd/database-settings.ts';
import type { Component } from '#cmd/migrate/component.ts';
import { componentsOf } from '#cmd/migrate/components.ts';
import { migrateSettings } from '#cmd/migrate/config.ts';
import { retryUnanswered } from '#cmd/migrate/retry-unanswered.ts';
import { tableOf, type Row } from '#cmd/migrate/table.ts';
import { databaseSetting } from '#cmd/services.ts';
import { systemClock } from '#platform/clock.ts';
import { readConfig } from '#platform/config.ts';
import { StartError } from '#platform/errors.ts';
import { createLogger } from '#platform/logger.ts';
import type { MigrationStatus } from '#platform/postgres/migrate.ts';
import { runOnce } from '#platform/run.ts';

const SETTLE_MS = 15_000;
const SETTLE_POLL_MS = 200;

/**
 * Makes the tables and topics of the shop: `node cmd/migrate/main.ts up|status`.
 * Exit status of `up`: 0 if nothing is pending any more. Of `status`: 0 if nothing is pending, 1 if something is.
 * Both: 1 with a line on standard error if an engine cannot be reached. Services migrate on their own start as well;
 * a lock in the database makes the two safe together.
 */
await runOnce(async () => {
  const [command, ...rest] = process.argv.slice(2);
  if ((command !== 'up' && command !== 'status') || rest.length > 0)
    throw new StartError('say what to do: node cmd/migrate/main.ts up, or status.');
  const config = readConfig(process.env, migrateSettings);
  const logger = await createLogger({
    service: 'migrate',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const urls = readConfig(process.env, databaseSettings());
  const components = componentsOf((name) => urls[databaseSetting(name)] ?? '', config.EVENTS_URL, {
    logger,
    newId: systemClock.newId,
  });
  const writeRow = tableOf(components, (line) => process.stdout.write(`${line}\n`));
  for (const component of components)
    writeRow(command === 'up' ? await up(component, config.MIGRATE_WAIT_MS) : await status(component));
});

async function up(component: Component, waitMs: number): Promise<Row> {
  const onWait = (problem: string): void =>
    void process.stderr.write(
      `${problem}\nwaiting for it, ${Math.round(waitMs / 1_000)} s at the most ...\n`,
    );
  const startedMs = performance.now();
  const names = await retryUnanswered(component.up, waitMs, onWait);
  const tookMs = Math.round(performance.now() - startedMs);
  const { applied, pending } = await settledStatus(component);
  if (pending.length > 0) process.exitCode = 1;
  const done = names.length > 0 ? `made ${names.join(', ')}` : 'nothing to do';
  return { component, applied: applied.length, pending: pending.length, note: `${done} (${tookMs} ms)` };
}

/** Brokers hear of new topics one after the other: whichever is asked must know all, within a bound. */
async function settledStatus(component: Component): Promise<MigrationStatus> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const status = await component.status();
    if (status.pending.length === 0 || performance.now() > deadline) return status;
    await rest(SETTLE_POLL_MS);
  }
}

async function status(component: Component): Promise<Row> {
  const { applied, pending } = await component.status();
  if (pending.length > 0) process.exitCode = 1;
  return { component, applied: applied.length, pending: pending.length, note: pending.join(', ') };
}
