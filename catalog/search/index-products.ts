import { EngineError } from '#catalog/search/engine.ts';
import type { ProductIndex } from '#catalog/search/product-index.ts';
import type { DocumentStore } from '#catalog/search/document-store.ts';
import { AppError } from '#platform/errors.ts';

/** Products read and written at once. */
const CHUNK_SIZE = 200;
const NOT_FOUND = 404;

/**
 * Writes products as they are now to every index there is. For events of products, in whatever order and however
 * often they come: an index keeps the latest version. Throws UNAVAILABLE while the engine cannot take them, and another
 * error for a product that it can never take.
 */
export async function indexProducts(
  deps: { documents: Pick<DocumentStore, 'byIds'>; index: ProductIndex },
  ids: readonly string[],
): Promise<void> {
  const unique = [...new Set(ids)];
  for (let at = 0; at < unique.length; at += CHUNK_SIZE) {
    const documents = await deps.documents.byIds(unique.slice(at, at + CHUNK_SIZE));
    // Asked anew each time: an index that a rebuild has begun since must not miss this change.
    const write = async () => deps.index.write(await deps.index.names(), documents);
    const [refused] = await write()
      .catch((error: unknown) => {
        // A rebuild has just removed the index that it replaced.
        if (error instanceof EngineError && error.status === NOT_FOUND) return write();
        throw error;
      })
      .catch(unavailable);
    if (refused) throw new Error(`the search engine cannot take product ${refused.id}: ${refused.reason}`);
  }
}

function unavailable(error: unknown): never {
  if (!(error instanceof EngineError)) throw error;
  throw new AppError('UNAVAILABLE', 'The search engine cannot be reached. Try again in a moment.', {
    cause: error,
  });
}
