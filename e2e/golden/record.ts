import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { allTopics } from '#cmd/topics.ts';
import type { EventLog } from '#platform/events/event.ts';
import { eventually, fakeClock, startTestShop, type TestShop } from '#testkit/shop.ts';
import { OPERATIONS, type Answers, type Operation } from './operations.ts';
import { UNKNOWN_ID } from '../odd-input.ts';

export const FOLDER = new URL('./', import.meta.url);
const ANSWER = 'Answer, ';
const SETTLE_MS_MAX = 20_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
/** Base64url of texts that begin with `3:` and a letter: see graphql/graph/cursor.ts. */
const CURSOR = /\bMzp[\w-]{47,}/g;

/** Puts `<id 1>`, `<id 2>` … in the place of ids, in the order of their first appearance, and of the cursors made of them. */
export function createNormaliser(names = new Map<string, string>()): (text: string) => string {
  return (text) =>
    text
      .replaceAll(/"requestId": ?"[^"]+"/g, '"requestId": "<request>"')
      .replaceAll(CURSOR, (cursor) => `<cursor ${placeIn(cursor)}>`)
      .replaceAll(UUID, (id) => {
        if (id === UNKNOWN_ID) return id;
        const name = names.get(id) ?? `<id ${names.size + 1}>`;
        names.set(id, name);
        return name;
      })
      .replaceAll('<cursor <', '<cursor of <');
}

/** The list and the place in it. The checksum depends on ids. */
function placeIn(cursor: string): string {
  const [, list, , ...place] = Buffer.from(cursor, 'base64url').toString().split(':');
  return [list, ...place].join(':');
}

/** Sorted, since what runs side by side may start in either order. */
const list = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : names
        .toSorted()
        .map((name) => `\`${name}\``)
        .join(', ');

/** From one operation to the next: longer than all attempts of one. */
const OPERATION_MS = 86_400_000 * 7;

/** What operations are asked of. */
export interface Recorded extends Pick<TestShop, 'graphql' | 'trail' | 'clearTrail'> {
  /** Lets time pass between operations, where that can be had. */
  advance(ms: number): void;
}

/**
 * Every record by file name, from a shop of their own, and the text of the statements that they name. Fails
 * if some topic got nothing.
 */
export async function record(
  options: Parameters<typeof startTestShop>[0],
  expected?: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const clock = fakeClock();
  await using shop = await startTestShop({ ...options, clock });
  const records = await recordOf({ ...shop, advance: clock.advance }, expected);
  const allTold = async (): Promise<void> =>
    assert.deepEqual(await silentTopics(shop.eventLog), [], 'topics that nothing was published to');
  await eventually(allTold, SETTLE_MS_MAX);
  return records.set('statements.sql', sqlOf(shop));
}

/**
 * The records of an empty shop. With `expected` a query is asked again until it answers what that record says, for 20 s:
 * where changes are carried by events a query may answer as it was a moment ago.
 */
export async function recordOf(
  shop: Recorded,
  expected?: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const answers: Record<string, unknown> = {};
  const records = new Map<string, string>();
  let passedMs = 0;
  const pass = (ms: number): void => {
    passedMs += ms;
    shop.advance(ms);
  };
  for (const [nr, operation] of OPERATIONS.entries()) {
    // Whatever the attempts before took: each operation has its own time.
    pass(nr * OPERATION_MS - passedMs);
    const file = `${operation.name}.md`;
    let attempt = await attemptOf(operation);
    if (expected && !attempt.query.startsWith('mutation')) {
      const wanted = answerOf(expected.get(file) ?? '');
      const asWanted = async (): Promise<void> => {
        if (answerOf(attempt.text) === wanted) return;
        attempt = await attemptOf(operation);
        assert.equal(answerOf(attempt.text), wanted, file);
      };
      await eventually(asWanted, SETTLE_MS_MAX);
    }
    answers[operation.name] = attempt.data;
    for (const [id, name] of attempt.names) names.set(id, name);
    records.set(file, attempt.text);
  }
  return records;

  async function attemptOf({ name, query: queryOf, variables: variablesOf, isSettled }: Operation) {
    const query = queryOf(answers as Answers);
    const variables = variablesOf?.(answers as Answers);
    const { status, ...body } = await eventually(async () => {
      // A minute: no record depends on what the gateway's caches hold of the operations before.
      pass(60_000);
      shop.clearTrail();
      const answer = await shop.graphql(query, variables);
      assert.ok(!isSettled || isSettled(answer.data as Answers), `${name} does not settle`);
      return answer;
    }, SETTLE_MS_MAX);
    const text = [
      `# ${name}`,
      `\`\`\`graphql\n${query}\n\`\`\``,
      ...(variables ? [`\`\`\`json\n${JSON.stringify(variables, null, 2)}\n\`\`\``] : []),
      `RPC: ${list(shop.trail.rpcs)}`,
      `SQL: ${list(shop.trail.statements)}`,
      `${ANSWER}${status}:`,
      `\`\`\`json\n${JSON.stringify(body, null, 2)}\n\`\`\``,
    ];
    // Names that an answer brings count only if the answer does.
    const named = new Map(names);
    return { query, data: body.data, names: named, text: createNormaliser(named)(`${text.join('\n\n')}\n`) };
  }
}

/** The guarantee: what callers see is the same, whatever the shop runs on. */
export function assertSameAnswers(
  records: ReadonlyMap<string, string>,
  golden: ReadonlyMap<string, string>,
): void {
  for (const { name } of OPERATIONS) {
    const file = `${name}.md`;
    assert.equal(answerOf(records.get(file) ?? ''), answerOf(golden.get(file) ?? ''), file);
  }
}

/** Topics of the shop in which nothing lies. */
export async function silentTopics(log: Pick<EventLog, 'read'>): Promise<string[]> {
  const topics = await allTopics();
  const counts = topics.map(async (topic) => (await Array.fromAsync(log.read(topic))).length);
  const published = await Promise.all(counts);
  return topics.filter((_, index) => published[index] === 0);
}

/**
 * The part of a record that a caller sees. Times differ by how often a query was asked again, and what a cursor says
 * inside is the business of the backend that made it.
 */
function answerOf(text: string): string {
  return text.slice(text.indexOf(ANSWER)).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>').replaceAll(/"<cursor .*>"/g, '"<cursor>"');
}

function sqlOf(shop: TestShop): string {
  const statements = [...shop.statementTexts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const texts = statements.map(([name, text]) => `-- ${name}\n${dedent(text)};\n`);
  return `-- The text of each statement that the records name.\n\n${texts.join('\n')}`;
}

function dedent(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indents = lines.map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...indents)).trimEnd()).join('\n');
}

/** The records of the repository, by file name. */
export const readRecords = async (): Promise<Map<string, string>> => {
  const files = (await readdir(FOLDER)).filter((file) => !file.endsWith('.ts')).sort();
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await readFile(new URL(file, FOLDER), 'utf8')] as const),
    ),
  );
};
