import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { PAYLOAD_JSON, type Progress } from '#bench/event-payload.ts';
import { median, row, spread } from '#bench/measure.ts';
import { cpuSeconds, cpuSecondsBelow } from '#bench/processes.ts';
import { INBOX_MIGRATIONS } from '#platform/events/inbox.ts';
import { OUTBOX_MIGRATIONS } from '#platform/events/outbox.ts';
import { migrate } from '#platform/postgres/migrate.ts';
import { startKafka, type TestKafka } from '#testkit/engines.ts';

/**
 * Measures the event pipeline: outbox → relay → Kafka (3 brokers, 3 replicas, acks from all) → consumer → inbox and
 * effect in PostgreSQL. Relay, consumer and writer are separate processes, as in the distributed shop.
 */
const WORKER = fileURLToPath(new URL('./event-worker.ts', import.meta.url));
const TOPIC = 'order.events';
const DEADLINE_MS = 60_000;
const EVENTS_PER_RUN = 40_000;
/** The duration of a slice of the reference and of a run with writers. */
const SECONDS = 3;

interface BenchPostgres {
  url(database: string): string;
  ensureDatabase(name: string): Promise<void>;
  readonly pid: number;
}

interface BacklogRun {
  readonly eventsPerSecond: number;
  /** CPU microseconds per event of each component. */
  readonly cpu: {
    readonly relay: number;
    readonly consumer: number;
    readonly brokers: number;
    readonly postgres: number;
  };
}

interface EventBench extends AsyncDisposable {
  /** The events/s of the Kafka client in a loop. */
  bare(seconds: number): Promise<number>;
  /** Processes a backlog of `count` events in the outbox; the rate between the first and the last tenth. */
  backlog(count: number): Promise<BacklogRun>;
  /** The events/s while writers fill the outbox as fast as it is emptied, after a warm-up of one second. */
  endToEnd(seconds: number): Promise<number>;
}

export interface EventRound {
  readonly bare: number;
  readonly backlog: BacklogRun;
  readonly endToEnd: number;
}

/** Measures on three new brokers and the given PostgreSQL, which has the settings of the shop. */
export async function measureEvents(options: {
  readonly postgres: BenchPostgres;
  readonly flags: readonly string[];
  readonly rounds: number;
}): Promise<EventRound[]> {
  const { postgres, flags } = options;
  await using kafka = await startKafka();
  await using bench = await openEventBench({ kafka, postgres, flags });
  // Warm-up: programs and brokers compile their hot code.
  await bench.backlog(EVENTS_PER_RUN);
  const rounds: EventRound[] = [];
  for (let round = 0; round < options.rounds; round++)
    rounds.push({
      bare: await bench.bare(SECONDS),
      backlog: await bench.backlog(EVENTS_PER_RUN),
      endToEnd: await bench.endToEnd(SECONDS),
    });
  return rounds;
}

export function eventRows(rounds: readonly EventRound[]): string[] {
  const of = (part: keyof BacklogRun['cpu']): number =>
    median(rounds.map(({ backlog }) => backlog.cpu[part]));
  const parts = ['relay', 'consumer', 'brokers', 'postgres'] as const;
  const cpu = parts.map((part) => `${part} ${of(part).toFixed(0)}`).join(', ');
  const delivered = rounds.map(({ backlog }) => backlog.eventsPerSecond);
  const written = rounds.map(({ endToEnd }) => endToEnd);
  const ratios = (rates: readonly number[]): number[] =>
    rates.map((rate, index) => rate / (rounds[index]?.bare ?? Number.NaN));
  return [
    row('(e1) events produced by the bare Kafka client, all cores', median(rounds.map(({ bare }) => bare))),
    row('(e)  outbox → relay → Kafka → inbox and effect', median(delivered), {
      cpuMicros: parts.reduce((total, part) => total + of(part), 0),
      against: spread(ratios(delivered), 'e1'),
    }),
    row('(e2) the same while writers fill the outbox', median(written), {
      against: spread(ratios(written), 'e1'),
    }),
    `     CPU µs per event of (e): ${cpu}.`,
  ];
}

const TABLES = `
  CREATE TABLE effect (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, version bigint NOT NULL,
    total_price bigint NOT NULL)`;
/** One transaction, so that all events become visible at the same time. */
const FILL = `
  INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload)
  SELECT uuidv7(), $1, uuidv7()::text, 'order_placed', now(), 1,
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', $2::json
  FROM generate_series(1, $3)`;
const COUNTS = 'SELECT count(*)::int AS effects, count(DISTINCT key)::int AS keys FROM effect';

async function openEventBench(options: {
  readonly kafka: TestKafka;
  readonly postgres: BenchPostgres;
  readonly flags: readonly string[];
}): Promise<EventBench> {
  const { kafka, postgres, flags } = options;
  await using stack = new AsyncDisposableStack();
  await Promise.all(['outbox', 'effects'].map((name) => postgres.ensureDatabase(name)));
  const [outboxUrl, effectsUrl] = [postgres.url('outbox'), postgres.url('effects')];
  await migrate(outboxUrl, { outbox: OUTBOX_MIGRATIONS });
  await migrate(effectsUrl, { inbox: INBOX_MIGRATIONS });
  const outbox = await connect(outboxUrl, stack);
  const effects = await connect(effectsUrl, stack);
  await effects.query(TABLES);
  const relay = start(['relay', kafka.url, outboxUrl, TOPIC], flags, stack);
  const consumer = start(['consume', kafka.url, effectsUrl, TOPIC], flags, stack);
  const brokerPids = kafka.brokers.map(({ pid }) => pid);

  const cpu = async () => ({
    relay: await cpuSeconds(relay.pid ?? 0),
    consumer: await cpuSeconds(consumer.pid ?? 0),
    brokers: sum(await Promise.all(brokerPids.map(cpuSeconds))),
    postgres: await cpuSecondsBelow(postgres.pid),
  });
  /** Resolves with the first progress message of the consumer that satisfies the condition. */
  const progress = (condition: (progress: Progress) => boolean): Promise<Progress> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the events did not arrive within ${DEADLINE_MS / 1_000} s`)),
        DEADLINE_MS,
      );
      const onMessage = (message: Progress): void => {
        if (!condition(message)) return;
        clearTimeout(timer);
        consumer.off('message', onMessage);
        resolve(message);
      };
      consumer.on('message', onMessage);
    });
  let consumed = (await progress(() => true)).events;
  const assertEffects = async (count: number): Promise<void> => {
    const { rows } = await effects.query<{ effects: number; keys: number }>(COUNTS);
    const [found] = rows;
    if (found?.effects !== count || found.keys !== count)
      throw new Error(`${count} events had ${found?.effects} effects on ${found?.keys} keys`);
  };

  const bench: Omit<EventBench, typeof Symbol.asyncDispose> = {
    async bare(seconds) {
      const child = fork(WORKER, ['bare', kafka.url, String(seconds), `${TOPIC}.bare`], {
        execArgv: [...flags],
      });
      const [result] = (await once(child, 'message')) as [Progress];
      await once(child, 'exit');
      return (result.events * 1_000) / result.atMs;
    },
    async backlog(count) {
      await effects.query('TRUNCATE effect, inbox');
      const first = progress(({ events }) => events >= consumed + count / 10);
      await outbox.query(FILL, [TOPIC, PAYLOAD_JSON, count]);
      const from = await first;
      const before = await cpu();
      const to = await progress(({ events }) => events >= consumed + (count * 9) / 10);
      const after = await cpu();
      consumed = (await progress(({ events }) => events >= consumed + count)).events;
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
      const writer = fork(WORKER, ['write', kafka.url, outboxUrl, TOPIC]);
      const first = await progress(({ events }) => events > consumed);
      const from = await progress(({ atMs }) => atMs > first.atMs + 1_000);
      const to = await progress(({ atMs }) => atMs > from.atMs + seconds * 1_000);
      const result = once(writer, 'message');
      await end(writer);
      const [{ events: written }] = (await result) as [Progress];
      consumed = (await progress(({ events }) => events >= consumed + written)).events;
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

function start(args: readonly string[], flags: readonly string[], stack: AsyncDisposableStack): ChildProcess {
  const child = fork(WORKER, args, { execArgv: [...flags] });
  stack.defer(() => end(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
