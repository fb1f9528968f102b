import type { JudgedQuery } from '#catalog/cmd/search-report/expected-products.ts';
import {
  NO_FILTER,
  type Matched,
  type ProductQuery,
  type SearchIndex,
} from '#catalog/search/search-index.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** A search backend by the name that the report shows. */
export interface NamedIndex {
  readonly backend: string;
  readonly index: SearchIndex;
}

/** The answers of the backends to one query, in the order of the backends. */
export interface JudgedResult {
  readonly query: string;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly backend: string;
  /** The place of the first expected product, from 1; null if it is not among the first RANK_MAX hits. */
  readonly rank: number | null;
  /** 1 / rank, or 0. */
  readonly reciprocalRank: number;
  /** The name of the first hit; null without hits. */
  readonly firstHit: string | null;
  /** What the hits match; null without hits. */
  readonly matched: Matched | null;
  /** The corrected text; null if the text was not corrected. */
  readonly corrected: string | null;
}

export const RANK_MAX = 100;

const NAMES: Statement = {
  name: 'names_of_products',
  text: 'SELECT id, name FROM product WHERE id = ANY($1::uuid[])',
};

/** Searches with each query in each backend, one at a time. `onProgress` receives the number of completed queries. */
export async function judgeQueries(
  deps: {
    readonly database: Database;
    readonly indexes: readonly NamedIndex[];
    readonly onProgress: (done: number) => void;
  },
  queries: readonly JudgedQuery[],
  signal: AbortSignal,
): Promise<JudgedResult[]> {
  const { database, indexes, onProgress } = deps;
  const results: { query: string; answers: (Omit<Answer, 'firstHit'> & { firstId: string | null })[] }[] = [];
  for (const query of queries) {
    const answers = [];
    for (const { backend, index } of indexes)
      answers.push({ backend, ...(await answerTo(query, index, signal)) });
    results.push({ query: query.text, answers });
    onProgress(results.length);
  }
  const firstIds = results.flatMap(({ answers }) => answers.flatMap(({ firstId }) => firstId ?? []));
  const rows = await database.query<{ id: string; name: string }>(NAMES, [[...new Set(firstIds)]], signal);
  const nameOf = new Map(rows.map(({ id, name }) => [id, name]));
  return results.map(({ query, answers }) => ({
    query,
    answers: answers.map(({ firstId, ...answer }) => ({
      ...answer,
      firstHit: firstId === null ? null : (nameOf.get(firstId) ?? firstId),
    })),
  }));
}

async function answerTo({ text, expectedIds }: JudgedQuery, index: SearchIndex, signal: AbortSignal) {
  const { hits, matched, didYouMean } = await index.search(bestHitsOf(text), signal);
  const place = hits.findIndex(({ id }) => expectedIds.has(id)) + 1;
  const [first] = hits;
  return {
    rank: place > 0 ? place : null,
    reciprocalRank: place > 0 ? 1 / place : 0,
    firstId: first?.id ?? null,
    matched: first ? matched : null,
    corrected: first ? didYouMean : null,
  };
}

/** The query of a shopper without filters, as the catalog sends it. */
function bestHitsOf(text: string): ProductQuery {
  return {
    text,
    filter: NO_FILTER,
    sort: 'relevance',
    size: RANK_MAX,
    skip: 0,
    backward: false,
    after: null,
    until: null,
    include: { hits: true, total: false, facets: false, didYouMean: true },
  };
}
