import type { Category } from '#catalog/category/category.ts';
import type { Event } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';

/** Every SQL statement about categories. */

interface CategoryRow {
  readonly id: string;
  readonly name: string;
  readonly path: string[];
  readonly created_at: Date;
  readonly version: bigint;
}

/** What bounds of the tree are checked against. */
export interface TreeSize {
  /** Null if there is no such parent. */
  readonly parentPath: readonly string[] | null;
  readonly siblings: number;
  readonly total: number;
}

const COLUMNS = 'id, name, path, created_at, version';
/** One at a time, so that the bounds hold. */
const LOCK_TREE: Statement = {
  name: 'lock_categories',
  text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.categoryTree})`,
};
const SIZE: Statement = {
  name: 'size_of_categories',
  text: `
    SELECT (SELECT path FROM category WHERE id = $1) AS parent_path,
      (SELECT count(*)::int FROM category WHERE parent_id IS NOT DISTINCT FROM $1::uuid) AS siblings,
      (SELECT count(*)::int FROM category) AS total`,
};
const INSERT: Statement = {
  name: 'insert_category',
  text: 'INSERT INTO category (id, name, parent_id, path, created_at) VALUES ($1, $2, $3, $4, $5)',
};
const RENAME: Statement = {
  name: 'rename_category',
  text: `UPDATE category SET name = $2, version = version + 1 WHERE id = $1 RETURNING ${COLUMNS}`,
};
const BY_IDS: Statement = {
  name: 'categories_by_ids',
  text: `SELECT ${COLUMNS} FROM category WHERE id = ANY($1::uuid[])`,
};
const CHILDREN: Statement = {
  name: 'categories_by_parents',
  text: `
    SELECT ${COLUMNS} FROM category
    WHERE parent_id = ANY($1::uuid[]) OR ($2 AND parent_id IS NULL)
    ORDER BY fold(name), id`,
};

export type CategoryStore = ReturnType<typeof createCategoryStore>;

export function createCategoryStore(database: Database) {
  return {
    /**
     * Adds what `make` returns, with the event that tells of it; it sees the tree as it is, and what it throws undoes
     * all.
     */
    async insert(
      parentId: string | null,
      make: (size: TreeSize) => { category: Category; event: Event },
    ): Promise<Category> {
      return database.transaction(async (tx) => {
        await tx.query(LOCK_TREE, []);
        const [row] = await tx.query<{ parent_path: string[] | null; siblings: number; total: number }>(
          SIZE,
          [parentId],
        );
        if (!row) throw new Error('a SELECT without FROM gave no row');
        const { parent_path: parentPath, siblings, total } = row;
        const { category, event } = make({ parentPath, siblings, total });
        const { id, name, path, createdAt } = category;
        await tx.query(INSERT, [id, name, parentId, path, createdAt]);
        await writeOutbox(tx, [event]);
        return category;
      });
    },

    /** The renamed category, or undefined if there is none with this id. */
    async rename(
      id: string,
      name: string,
      toEvent: (category: Category) => Event,
    ): Promise<Category | undefined> {
      return database.transaction(async (tx) => {
        const [row] = await tx.query<CategoryRow>(RENAME, [id, name]);
        if (!row) return undefined;
        const category = toCategory(row);
        await writeOutbox(tx, [toEvent(category)]);
        return category;
      });
    },

    async byIds(ids: readonly string[], signal: AbortSignal): Promise<Category[]> {
      return (await database.query<CategoryRow>(BY_IDS, [ids], signal)).map(toCategory);
    },

    /** The children of all of them by name; null stands for the top. */
    async childrenOf(parentIds: readonly (string | null)[], signal: AbortSignal): Promise<Category[]> {
      const ids = parentIds.filter((id) => id !== null);
      const rows = await database.query<CategoryRow>(CHILDREN, [ids, ids.length < parentIds.length], signal);
      return rows.map(toCategory);
    },
  };
}

function toCategory({ id, name, path, created_at: createdAt, version }: CategoryRow): Category {
  return { id, name, path, createdAt, version };
}
