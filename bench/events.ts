import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { PAYLOAD_JSON, type Progress } from '#bench/event-payload.ts';
import { cpuSeconds, cpuSecondsBelow } from '#bench/processes.ts';
import { INBOX_MIGRATIONS } from '#platform/events/inbox.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { migrate } from '#platform/postgres/migrate.ts';
import type { TestKafka } from '#testkit/engines.ts';

/**
 * Events on their whole way: outbox → relay → Kafka (3 brokers, 3 replicas, acknowledged by all) → consumer → inbox
 * and effect in PostgreSQL. Relay, consumer and writer are processes of their own, as they are in the shop.
 */
const WORKER = fileURLToPath(new URL('./event-worker.ts', import.meta.url));
const DEADLINE_MS = 60_000;

export interface CarryRun {
  readonly eventsPerSecond: number;
  /** CPU microseconds an event, by who spends them. */
  readonly cpu: { readonly relay: number; readonly consumer: number; readonly brokers: number; readonly postgres: number };
}

export interface EventBench extends AsyncDisposable {
  /** Events/s of the Kafka client in a bare loop. */
  bare(seconds: number): Promise<number>;
  /** Carries `count` events that wait in the outbox at once; the rate between the first and the last tenth. */
  carry(count: number): Promise<CarryRun>;
  /** Events/s while writers fill the outbox as fast as it is emptied, after a second of running in. */
  endToEnd(seconds: number): Promise<number>;
}

const TABLES = `
  CREATE TABLE effect (
    nr bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, version bigint NOT NULL,
    total_price bigint NOT NULL)`;
/** All of them become visible at once, when this commits. */
const FILL = `
  INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload)
  SELECT uuidv7(), $1, uuidv7()::text, 'order_placed', now(), 1,
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', $2::json
  FROM generate_series(1, $3)`;
const COUNTS = 'SELECT count(*)::int AS effects, count(DISTINCT key)::int AS keys FROM effect';

export async function openEventBench(
  options: {
    kafka: Pick<TestKafka, 'url' | 'brokers'>;
    postgres: { url(database: string): string; ensureDatabase(name: string): Promise<void>; readonly pid: number };
    topic?: string;
  },
): Promise<EventBench> {
  const { kafka, postgres, topic = 'order.events' } = options;
  await using stack = new AsyncDisposableStack();
  await Promise.all(['outbox', 'effects'].map((name) => postgres.ensureDatabase(name)));
  const [outboxUrl, effectsUrl] = [postgres.url('outbox'), postgres.url('effects')];
  await migrate(outboxUrl, { outbox: OUTBOX_MIGRATIONS });
  await migrate(effectsUrl, { inbox: INBOX_MIGRATIONS });
  const outbox = await connect(outboxUrl, stack);
  const effects = await connect(effectsUrl, stack);
  await effects.query(TABLES);
  const relay = start(['relay', kafka.url, outboxUrl, topic], stack);
  const consumer = start(['consume', kafka.url, effectsUrl, topic], stack);
  const brokerPids = kafka.brokers.map(({ pid }) => pid);

  const cpu = async () => ({
    relay: await cpuSeconds(relay.pid ?? 0),
    consumer: await cpuSeconds(consumer.pid ?? 0),
    brokers: sum(await Promise.all(brokerPids.map(cpuSeconds))),
    postgres: await cpuSecondsBelow(postgres.pid),
  });
  /** Resolves with what the consumer says once `enough` of it. */
  const progress = (enough: (progress: Progress) => boolean): Promise<Progress> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('events did not arrive in time')), DEADLINE_MS);
      const see = (said: Progress): void => {
        if (!enough(said)) return;
        clearTimeout(timer);
        consumer.off('message', see);
        resolve(said);
      };
      consumer.on('message', see);
    });
  let carried = (await progress(() => true)).events;
  const assertEffects = async (count: number): Promise<void> => {
    const { rows } = await effects.query<{ effects: number; keys: number }>(COUNTS);
    const [found] = rows;
    if (found?.effects !== count || found.keys !== count)
      throw new Error(`${count} events had ${found?.effects} effects on ${found?.keys} keys`);
  };

  const bench: Omit<EventBench, typeof Symbol.asyncDispose> = {
    async bare(seconds) {
      const child = fork(WORKER, ['bare', kafka.url, String(seconds), `${topic}.bare`]);
      const [said] = (await once(child, 'message')) as [Progress];
      await once(child, 'exit');
      return (said.events * 1_000) / said.atMs;
    },
    async carry(count) {
      
      await effects.query('TRUNCATE effect, inbox');
      const first = progress(({ events }) => events >= carried + count / 10);
      await outbox.query(FILL, [topic, PAYLOAD_JSON, count]);
      const from = await first;
      const before = await cpu();
      const to = await progress(({ events }) => events >= carried + (count * 9) / 10);
      const after = await cpu();
      carried = (await progress(({ events }) => events >= carried + count)).events;
      await assertEffects(count);
      const events = to.events - from.events;
      const micros = (part: keyof typeof before): number => ((after[part] - before[part]) * 1e6) / events;
      return {
        eventsPerSecond: (events * 1_000) / (to.atMs - from.atMs),
        cpu: {
          relay: micros('relay'),
          consumer: micros('consumer'),
          brokers: micros('brokers'),
          postgres: micros('postgres'),
        },
      };
    },
    async endToEnd(seconds) {
      await effects.query('TRUNCATE effect, inbox');
      const writer = fork(WORKER, ['write', kafka.url, outboxUrl, topic]);
      const first = await progress(({ events }) => events > carried);
      const from = await progress(({ atMs }) => atMs > first.atMs + 1_000);
      const to = await progress(({ atMs }) => atMs > from.atMs + seconds * 1_000);
      const said = once(writer, 'message');
      await end(writer);
      const [{ events: written }] = (await said) as [Progress];
      carried = (await progress(({ events }) => events >= carried + written)).events;
      await assertEffects(written);
      return ((to.events - from.events) * 1_000) / (to.atMs - from.atMs);
    },
  };
  const started = stack.move();
  return { ...bench, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

async function connect(url: string, stack: AsyncDisposableStack): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  return client;
}

function start(args: readonly string[], stack: AsyncDisposableStack): ChildProcess {
  const flags = (process.env['BENCH_EVENTS_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const child = fork(WORKER, args, { execArgv: flags });
  stack.defer(() => end(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
