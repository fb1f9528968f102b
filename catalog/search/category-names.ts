import type { Lexicon } from '#catalog/search/postgres/lexicon.ts';
import { stemTerm, type Phrase } from '#catalog/search/text/product-text.ts';
import { allTerms, isPlainWord, wordsOf } from '#catalog/search/text/words.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** The words of category names. A category can be renamed without writing its products to the index again. */

const NAMES: Statement = { name: 'category_names', text: 'SELECT id, name FROM category' };
/** At most 10,000 categories are read again after this time. */
const MAX_AGE_MS = 2_000;

/** Returns the ids of the categories whose name has all terms of one of the phrases. */
export type CategoriesNamed = (phrases: readonly Phrase[]) => string[];

export function createCategoryNames(database: Database, lexicon: Lexicon) {
  let loaded: Promise<CategoriesNamed> | undefined;
  let loadedMs = -Infinity;

  async function load(): Promise<CategoriesNamed> {
    const rows = await database.query<{ id: string; name: string }>(NAMES, []);
    const termsOf = rows.map(({ id, name }) => ({
      id,
      terms: wordsOf(name).flatMap(allTerms),
    }));
    const plain = termsOf.flatMap(({ terms }) => terms).filter(isPlainWord);
    const stemOf = await lexicon.stems(database, plain);
    const idsOf = new Map<string, Set<string>>();
    for (const { id, terms } of termsOf)
      for (const term of terms.flatMap((each) => [each, stemTerm(stemOf(each) ?? each)]))
        idsOf.set(term, (idsOf.get(term) ?? new Set()).add(id));
    const having = (phrase: Phrase): string[] => {
      const [first = new Set<string>(), ...others] = phrase.map(
        (term) => idsOf.get(term) ?? new Set<string>(),
      );
      return [...first].filter((id) => others.every((ids) => ids.has(id)));
    };
    return (phrases) => [...new Set(phrases.flatMap(having))];
  }

  return {
    /** The names as they are, or as they were less than MAX_AGE_MS ago. */
    async current(): Promise<CategoriesNamed> {
      const nowMs = performance.now();
      if (!loaded || nowMs - loadedMs > MAX_AGE_MS) {
        loadedMs = nowMs;
        loaded = load();
        loaded.catch(() => (loaded = undefined));
      }
      return loaded;
    },

    /** Reads the names again, after this process has changed one. */
    forget(): void {
      loaded = undefined;
    },
  };
}

export type CategoryNames = ReturnType<typeof createCategoryNames>;
