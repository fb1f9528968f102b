import type { Call } from '#platform/call.ts';
import { groupCalls } from '#platform/group.ts';

/** Batches concurrent reads by id into one statement. Each caller gets its own rows; unknown ids are omitted. */
export function groupReadsById<T extends { readonly id: string }>(
  byIds: (ids: readonly string[], signal: AbortSignal) => Promise<readonly T[]>,
): (ids: readonly string[], call: Call) => Promise<T[]> {
  return groupCalls<readonly string[], T[]>({
    run: async (idLists, signal) => {
      const wanted = [...new Set(idLists.flat())];
      const found = wanted.length === 0 ? [] : await byIds(wanted, signal);
      const byId = new Map(found.map((entity) => [entity.id, entity]));
      return idLists.map((ids) => ids.map((id) => byId.get(id)).filter((entity) => entity !== undefined));
    },
    sizeMax: 200,
    queueMax: 10_000,
    concurrency: 2,
  });
}
