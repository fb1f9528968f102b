import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchStatements, type BoundStatement } from '#catalog/search/postgres/statements.ts';
import { searchTables } from '#catalog/search/postgres/tables.ts';
import { COMBINED_MAX, type PlannedWord, type QueryPlan } from '#catalog/search/query-plan.ts';
import {
  ORDERS,
  type Cursor,
  type ProductFilter,
  type ProductQuery,
  type Sort,
} from '#catalog/search/search-index.ts';
import { systemClock } from '#platform/clock.ts';
import { firstHitOf } from './search-fixtures.ts';

/** PostgreSQL truncates longer names of prepared statements. */
const NAME_BYTES_MAX = 63;
const WORDS_MAX = 12;

const statements = searchStatements(searchTables('english'));
const id = systemClock.newId();

/** Each combination of conditions, with different values. */
function* filters(): Generator<ProductFilter> {
  for (let bits = 0; bits < 32; bits += 1) {
    const has = (bit: number): boolean => (bits & (1 << bit)) !== 0;
    yield {
      id: has(0) ? id : null,
      priceMin: has(1) ? 1n : null,
      priceMax: has(2) ? 2n : null,
      categoryIds: has(3) ? Array.from({ length: 1 + (bits % 3) }, () => id) : [],
      tags: has(4) ? Array.from({ length: 1 + (bits % 2) }, (_, index) => `tag ${index}`) : [],
    };
  }
}

function* plans(): Generator<QueryPlan | null> {
  yield null;
  for (let count = 1; count <= WORDS_MAX; count += 1) {
    const word = (index: number, categoryIds: readonly string[]): PlannedWord => ({
      exact: index % 2 === 0 ? [[`word${index}`]] : [[`word${index}`, 'x'], ['y']],
      loose: [[`~word${index}`]],
      starting: [],
      hasDigit: index % 3 === 0,
      categoryIds,
    });
    for (const named of [0, 1, count]) {
      const words = Array.from({ length: count }, (_, index) => word(index, index < named ? [id] : []));
      yield { words, mayMiss: 0 };
      if (count > 1 && count <= COMBINED_MAX) yield { words, mayMiss: 1 };
    }
  }
}

function* pages(filter: ProductFilter): Generator<ProductQuery> {
  const sorts: readonly Sort[] = ['relevance', 'price_asc', 'price_desc', 'newest', 'name_asc', 'name_desc'];
  assert.deepEqual(sorts.toSorted(), Object.keys(ORDERS).toSorted());
  for (const sort of sorts)
    for (const backward of sort === 'relevance' ? [false] : [false, true]) {
      const key = ORDERS[sort].key === 'price' ? '1' : ORDERS[sort].key === 'line' ? 'a' : '';
      const after: Cursor = { sort, matched: 'all', offset: 1, key, id };
      for (const cursor of [null, after])
        yield { ...firstHitOf('x'), filter, sort, backward, after: cursor, size: cursor ? 7 : 20 };
    }
}

const FACETS = [['prices', 'categories', 'tags'], ['prices'], ['categories'], ['tags']] as const;

function* all(): Generator<BoundStatement> {
  for (const plan of plans()) {
    if (plan) yield statements.first(plan);
    for (const filter of filters()) {
      for (const page of pages(filter)) yield statements.page({ ...page, text: plan ? 'x' : '' }, plan);
      yield statements.count(filter, plan);
      for (const facets of FACETS) yield statements.facets(facets, filter, plan);
    }
  }
}

/** Returns the names that are too long or that stand for several texts. */
function wrong(bound: Iterable<BoundStatement>, nameOf = (name: string) => name): string[] {
  const textOf = new Map<string, string>();
  const found = new Set<string>();
  for (const { statement } of bound) {
    const name = nameOf(statement.name);
    const text = textOf.get(name) ?? statement.text;
    textOf.set(name, text);
    if (text !== statement.text || Buffer.byteLength(name) > NAME_BYTES_MAX) found.add(name);
  }
  return [...found];
}

test('the name of each search statement stands for one text and is not truncated by PostgreSQL', () => {
  assert.deepEqual(wrong(all()), []);
});

test('known-bad twins: names without the direction, and longer names, are caught', () => {
  assert.ok(wrong(all(), (name) => name.replace('_back', '')).length > 0);
  assert.ok(wrong(all(), (name) => `${name}_and_more`).length > 0);
});
