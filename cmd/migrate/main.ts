import { setTimeout as sleep } from 'node:timers/promises';
import { databaseSettings } from '#cmd/database-settings.ts';
import type { Component } from '#cmd/migrate/component.ts';
import { componentsOf } from '#cmd/migrate/components.ts';
import { migrateSettings } from '#cmd/migrate/config.ts';
import { retryWhileUnreachable } from '#cmd/migrate/retry-while-unreachable.ts';
import { startTable, type Row } from '#cmd/migrate/table.ts';
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
 * Creates the tables and topics of the shop, or lists which are pending: `node cmd/migrate/main.ts up|status`.
 * The exit status is 0 if nothing is pending at the end and 1 otherwise. If an engine cannot be reached, it is 1 with
 * one line on standard error. Services also migrate at their start; a lock in the database serializes the two.
 */
await runOnce(async () => {
  const [command, ...others] = process.argv.slice(2);
  if ((command !== 'up' && command !== 'status') || others.length > 0)
    throw new StartError('the command must be up or status: node cmd/migrate/main.ts up|status.');
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
  const writeRow = startTable(components, (line) => process.stdout.write(`${line}\n`));
  for (const component of components)
    writeRow(command === 'up' ? await up(component, config.MIGRATE_WAIT_MS) : await status(component));
});

async function up(component: Component, waitMs: number): Promise<Row> {
  const onWait = (problem: string): void =>
    void process.stderr.write(`${problem}\nretrying for up to ${Math.round(waitMs / 1_000)} s ...\n`);
  const startedMs = performance.now();
  const names = await retryWhileUnreachable(component.up, waitMs, onWait);
  const tookMs = Math.round(performance.now() - startedMs);
  const { applied, pending } = await settledStatus(component);
  if (pending.length > 0) process.exitCode = 1;
  const done = names.length > 0 ? `applied ${names.join(', ')}` : 'nothing to do';
  return { component, applied: applied.length, pending: pending.length, note: `${done} (${tookMs} ms)` };
}

/** New topics reach the brokers one after the other, so any broker may still report them as missing for a while. */
async function settledStatus(component: Component): Promise<MigrationStatus> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const status = await component.status();
    if (status.pending.length === 0 || performance.now() > deadline) return status;
    await sleep(SETTLE_POLL_MS);
  }
}

async function status(component: Component): Promise<Row> {
  const { applied, pending } = await component.status();
  if (pending.length > 0) process.exitCode = 1;
  return { component, applied: applied.length, pending: pending.length, note: pending.join(', ') };
}
