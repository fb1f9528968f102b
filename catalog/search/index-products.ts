import { EngineError } from '#catalog/search/engine.ts';
import type { ProductIndex } from '#catalog/search/product-index.ts';
import type { DocumentStore } from '#catalog/search/document-store.ts';
import { AppError } from '#platform/errors.ts';

/** Products per read and write. */
const CHUNK_SIZE = 200;
const NOT_FOUND = 404;

/**
 * Writes the current version of products to every index. Idempotent, and independent of the order of events: an index
 * keeps the latest version. Throws UNAVAILABLE while the engine is unavailable, and another error for a product that
 * the engine refuses.
 */
export async function indexProducts(
  deps: { documents: Pick<DocumentStore, 'byIds'>; index: ProductIndex },
  ids: readonly string[],
): Promise<void> {
  const unique = [...new Set(ids)];
  for (let at = 0; at < unique.length; at += CHUNK_SIZE) {
    const documents = await deps.documents.byIds(unique.slice(at, at + CHUNK_SIZE));
    // Listed for each chunk: an index that a rebuild has created since must not miss this change.
    const write = async () => deps.index.write(await deps.index.names(), documents);
    const [refused] = await write()
      .catch((error: unknown) => {
        // A rebuild has just deleted the index that it replaced.
        if (error instanceof EngineError && error.status === NOT_FOUND) return write();
        throw error;
      })
      .catch(unavailable);
    if (refused) throw new Error(`the search engine refuses product ${refused.id}: ${refused.reason}`);
  }
}

function unavailable(error: unknown): never {
  if (!(error instanceof EngineError)) throw error;
  throw new AppError('UNAVAILABLE', 'The search engine cannot be reached. Try again in a moment.', {
    cause: error,
  });
}
