import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A cache with a maximum weight that stores values whose keys are offered repeatedly. */
export interface AdmissionCache<V> {
  get(key: string): V | undefined;
  /** Stores the value if its key was offered before. Returns whether it stored the value. */
  offer(key: string, value: V, weight: number): boolean;
  delete(key: string): void;
  /** The weight of all stored values. */
  readonly weight: number;
}

/** Keys in one generation of keys that were offered once. Two generations are stored. */
const GENERATION_SIZE_MAX = 5_000;

/**
 * An LRU cache with a doorkeeper (Einziger, Friedman, Manes: TinyLFU, 2017): a value is stored, and can evict others,
 * only when its key is offered for the second time, so that a flood of distinct keys evicts nothing. `onEvict` is called
 * for each evicted value. A value heavier than `weightMax` is not stored.
 */
export function createAdmissionCache<V extends object>(options: {
  weightMax: number;
  onEvict?: (value: V, key: string) => void;
}): AdmissionCache<V> {
  const { weightMax, onEvict } = options;
  const kept = new LRUCache<string, V>({
    maxSize: weightMax,
    ...(onEvict && { dispose: (value, key) => onEvict(value, key) }),
  });
  let recent = new Set<string>();
  let older = new Set<string>();

  function wasOffered(key: string): boolean {
    // A key can be as long as a document; its digest is short.
    const digest = hash('sha1', key, 'base64');
    if (recent.has(digest) || older.has(digest)) return true;
    if (recent.size === GENERATION_SIZE_MAX) [older, recent] = [recent, new Set()];
    recent.add(digest);
    return false;
  }

  return {
    get: (key) => kept.get(key),
    offer(key, value, weight) {
      if (weight > weightMax || !wasOffered(key)) return false;
      kept.set(key, value, { size: Math.max(1, Math.ceil(weight)) });
      return true;
    },
    delete: (key) => void kept.delete(key),
    get weight() {
      return kept.calculatedSize;
    },
  };
}
