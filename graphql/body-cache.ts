import { createAdmissionCache } from '#graphql/admission-cache.ts';
import type { Operation } from '#graphql/documents.ts';
import type { Prepared } from '#graphql/execute.ts';
import { memoryShare } from '#platform/memory.ts';

/**
 * A cache of prepared queries by request body: clients send the same few bodies, which are then not parsed again. All
 * principals share the cache, so a stored query must depend on nothing but the body.
 */
export interface BodyCache {
  get(body: string): Prepared | undefined;
  /** Stores the query if the body was offered before. */
  offer(body: string, prepared: Prepared): void;
  /** Removes all bodies that request an operation. */
  removeOperation(operation: Operation): void;
}

const BYTES_MAX = memoryShare(1 / 32, 8_000_000);
/** Approximate bytes of an entry without its body, and of its variables per byte of the body. */
const ENTRY_BYTES = 600;
const BYTES_PER_CHARACTER = 6;

export function createBodyCache(): BodyCache {
  const ofOperation = new Map<Operation, Set<string>>();
  const cache = createAdmissionCache<Prepared>({
    weightMax: BYTES_MAX,
    onEvict: ({ operation }, body) => ofOperation.get(operation)?.delete(body),
  });
  return {
    get: cache.get,
    offer(body, prepared) {
      if (!cache.offer(body, prepared, ENTRY_BYTES + BYTES_PER_CHARACTER * body.length)) return;
      const { operation } = prepared;
      const bodies = ofOperation.get(operation);
      if (bodies) bodies.add(body);
      else ofOperation.set(operation, new Set([body]));
    },
    removeOperation(operation) {
      const bodies = ofOperation.get(operation) ?? [];
      ofOperation.delete(operation);
      for (const body of bodies) cache.delete(body);
    },
  };
}
