import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { allTopics } from '#cmd/topics.ts';
import type { EventLog } from '#platform/events/event.ts';
import { eventually, fakeClock, startTestShop, type TestShop } from '#testkit/shop.ts';
import type { Answers, Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { UNKNOWN_ID } from '../fuzz-input.ts';

export const FOLDER = new URL('./', import.meta.url);
const ANSWER = 'Answer, ';
const SETTLE_MS_MAX = 20_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
/** Base64url text that begins with `3:` and a letter: see graphql/graph/cursor.ts. */
const CURSOR = /\bMzp[\w-]{47,}/g;

/** Replaces ids by `<id 1>`, `<id 2>` … in the order of their first appearance, and cursors by their list and position. */
export function createNormaliser(names = new Map<string, string>()): (text: string) => string {
  return (text) =>
    text
      .replaceAll(/"requestId": ?"[^"]+"/g, '"requestId": "<request>"')
      .replaceAll(CURSOR, (cursor) => `<cursor ${positionIn(cursor)}>`)
      .replaceAll(UUID, (id) => {
        if (id === UNKNOWN_ID) return id;
        const name = names.get(id) ?? `<id ${names.size + 1}>`;
        names.set(id, name);
        return name;
      })
      .replaceAll('<cursor <', '<cursor of <');
}

/** The list and the position, without the checksum, which depends on ids. */
function positionIn(cursor: string): string {
  const [, list, , ...position] = Buffer.from(cursor, 'base64url').toString().split(':');
  return [list, ...position].join(':');
}

/** Sorted, because concurrent work starts in any order. */
const list = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : names
        .toSorted()
        .map((name) => `\`${name}\``)
        .join(', ');

/** The clock time between two operations: longer than all attempts of one. */
const OPERATION_MS = 86_400_000 * 7;

/** The shop that the operations run on. */
export interface RecordedShop extends Pick<TestShop, 'graphql' | 'trail' | 'clearTrail'> {
  /** Advances the clock if the shop has a fake one. */
  advance(ms: number): void;
}

/** The names of the search tables contain a fingerprint of the code that computes their rows. */
const FINGERPRINT = /\b(search_(?:product|word))_[0-9a-f]{12}/g;

/**
 * Starts a shop and returns the record of every operation by file name, and the texts of the recorded statements.
 * Rejects if a topic received no event.
 */
export async function record(
  options: Parameters<typeof startTestShop>[0],
  expected?: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const clock = fakeClock();
  await using shop = await startTestShop({ ...options, clock });
  const records = await recordOf({ ...shop, advance: clock.advance }, expected);
  const assertAllTopicsUsed = async (): Promise<void> =>
    assert.deepEqual(await emptyTopics(shop.eventLog), [], 'topics without events');
  await eventually(assertAllTopicsUsed, SETTLE_MS_MAX);
  return records.set('statements.sql', sqlOf(shop));
}

/**
 * The records of a shop that is initially empty. With `expected`, a query is repeated for up to 20 s until its answer is
 * the recorded one, because events apply changes with a delay.
 */
export async function recordOf(
  shop: RecordedShop,
  expected?: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const answers: Record<string, unknown> = {};
  const records = new Map<string, string>();
  let advancedMs = 0;
  const advance = (ms: number): void => {
    advancedMs += ms;
    shop.advance(ms);
  };
  for (const [index, operation] of OPERATIONS.entries()) {
    // Each operation has a fixed time, regardless of the number of attempts of the earlier ones.
    advance(index * OPERATION_MS - advancedMs);
    const file = `${operation.name}.md`;
    let attempt = await attemptOf(operation);
    if (expected && !attempt.query.startsWith('mutation')) {
      const expectedAnswer = answerOf(expected.get(file) ?? '');
      const assertExpected = async (): Promise<void> => {
        if (answerOf(attempt.text) === expectedAnswer) return;
        attempt = await attemptOf(operation);
        assert.equal(answerOf(attempt.text), expectedAnswer, file);
      };
      await eventually(assertExpected, SETTLE_MS_MAX);
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
      // Expires the gateway's caches, so that no record depends on earlier operations.
      advance(60_000);
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
    // A copy: names of a discarded attempt must not count.
    const attemptNames = new Map(names);
    return { query, data: body.data, names: attemptNames, text: createNormaliser(attemptNames)(`${text.join('\n\n')}\n`) };
  }
}

/** The guarantee: answers do not depend on the engines and links of the shop. */
export function assertSameAnswers(
  records: ReadonlyMap<string, string>,
  golden: ReadonlyMap<string, string>,
): void {
  for (const { name } of OPERATIONS) {
    const file = `${name}.md`;
    assert.equal(answerOf(records.get(file) ?? ''), answerOf(golden.get(file) ?? ''), file);
  }
}

/** The topics of the shop without events. */
export async function emptyTopics(log: Pick<EventLog, 'read'>): Promise<string[]> {
  const topics = await allTopics();
  const counts = topics.map(async (topic) => (await Array.fromAsync(log.read(topic))).length);
  const published = await Promise.all(counts);
  return topics.filter((_, index) => published[index] === 0);
}

/**
 * The answer in a record, without times and cursors: times depend on the number of attempts, and the content of a
 * cursor depends on the search backend.
 */
function answerOf(text: string): string {
  return text.slice(text.indexOf(ANSWER)).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>').replaceAll(/"<cursor .*>"/g, '"<cursor>"');
}

function sqlOf(shop: TestShop): string {
  const statements = [...shop.statementTexts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const texts = statements.map(([name, text]) => `-- ${name}\n${dedent(text.replaceAll(FINGERPRINT, '$1_<fingerprint>'))};\n`);
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
