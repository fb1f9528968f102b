import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A cache that is bounded by weight and keeps what is asked for repeatedly. */
export interface AdmissionCache<V> {
  get(key: string): V | undefined;
  /** Keeps the value if its key was offered before. Returns whether it did. */
  offer(key: string, value: V, weight: number): boolean;
  delete(key: string): void;
  /** The weight of all that is kept. */
  readonly weight: number;
}

/** Keys in one generation of those that were offered once; two generations are remembered. */
const GENERATION_SIZE_MAX = 5_000;

/**
 * An LRU cache with a doorkeeper (Einziger, Friedman, Manes: TinyLFU, 2017): a value takes the place of others only
 * from the second time on that its key is offered, so that a flood of keys that come once evicts nothing.
 * `onEvict` gets what makes room; a value heavier than `weightMax` is not kept.
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
    // Keys may be as long as a document; what is remembered of them is not.
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
