import { createAdmissionCache } from '#graphql/admission-cache.ts';
import type { Operation } from '#graphql/documents.ts';
import type { Prepared } from '#graphql/execute.ts';
import { memoryShare } from '#platform/memory.ts';

/**
 * Queries by the body that asked for them: shops send the same few, which then are not read again. Callers of all
 * principals share them: offer only what the body alone decides.
 */
export interface Bodies {
  get(body: string): Prepared | undefined;
  /** Remembers the query from the second time on that the body comes. */
  offer(body: string, prepared: Prepared): void;
  /** Forgets all bodies that ask for an operation. */
  forget(operation: Operation): void;
}

const BYTES_MAX = memoryShare(1 / 32, 8_000_000);
/** What a body takes beside its text, and how many bytes its variables take for a byte of text, about. */
const ENTRY_BYTES = 600;
const BYTES_PER_CHARACTER = 6;

export function createBodies(): Bodies {
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
    forget(operation) {
      const bodies = ofOperation.get(operation) ?? [];
      ofOperation.delete(operation);
      for (const body of bodies) cache.delete(body);
    },
  };
}
