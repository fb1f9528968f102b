import type { Category } from '#catalog/category/category.ts';
import type { Event } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** Every SQL statement about categories. */

interface CategoryRow {
  readonly id: string;
  readonly name: string;
  readonly path: string[];
  readonly created_at: Date;
  readonly version: bigint;
}

/** Without a child only the parent's id. */
type ChildRow = { readonly parent_id: string | null } & (CategoryRow | { readonly id: null });

interface SizeRow {
  readonly parent_path: string[] | null;
  readonly siblings: number;
  readonly is_name_taken: boolean;
  readonly total: number;
}

/** What bounds of the tree are checked against. */
export interface TreeSize {
  /** Null if there is no such parent. */
  readonly parentPath: readonly string[] | null;
  readonly siblings: number;
  /** Whether a sibling has the name, whatever its case and accents. */
  readonly isNameTaken: boolean;
  readonly total: number;
}

const COLUMNS = 'id, name, path, created_at, version';
/** One at a time, so that the bounds hold and names of siblings differ. */
const LOCK_TREE: Statement = {
  name: 'lock_categories',
  text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.categoryTree})`,
};
const SIZE: Statement = {
  name: 'size_of_categories',
  text: `
    SELECT (SELECT path FROM category WHERE id = $1) AS parent_path,
      (SELECT count(*)::int FROM category WHERE parent_id IS NOT DISTINCT FROM $1::uuid) AS siblings,
      EXISTS (
        SELECT FROM category WHERE parent_id IS NOT DISTINCT FROM $1::uuid AND fold(name) = fold($2)
      ) AS is_name_taken,
      (SELECT count(*)::int FROM category) AS total`,
};
const INSERT: Statement = {
  name: 'insert_category',
  text: 'INSERT INTO category (id, name, parent_id, path, created_at) VALUES ($1, $2, $3, $4, $5)',
};
const NAME_TAKEN: Statement = {
  name: 'category_name_taken',
  text: `
    SELECT FROM category AS renamed JOIN category AS sibling
      ON sibling.parent_id IS NOT DISTINCT FROM renamed.parent_id AND sibling.id <> renamed.id
    WHERE renamed.id = $1 AND fold(sibling.name) = fold($2) LIMIT 1`,
};
const RENAME: Statement = {
  name: 'rename_category',
  text: `UPDATE category SET name = $2, version = version + 1 WHERE id = $1 RETURNING ${COLUMNS}`,
};
const BY_IDS: Statement = {
  name: 'categories_by_ids',
  text: `SELECT ${COLUMNS} FROM category WHERE id = ANY($1::uuid[])`,
};
/** A parent without children has a row as well, so that it differs from one that does not exist. */
const CHILDREN: Statement = {
  name: 'categories_by_parents',
  text: `
    SELECT * FROM (
      SELECT parent.id AS parent_id, child.*
      FROM category AS parent LEFT JOIN LATERAL (
        SELECT ${COLUMNS} FROM category WHERE parent_id = parent.id ORDER BY fold(name), id LIMIT $3
      ) AS child ON true
      WHERE parent.id = ANY($1::uuid[])
      UNION ALL (
        SELECT parent_id, ${COLUMNS} FROM category WHERE $2 AND parent_id IS NULL ORDER BY fold(name), id LIMIT $3
      )
    ) AS found
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
      name: string,
      make: (size: TreeSize) => { category: Category; event: Event },
    ): Promise<Category> {
      return database.transaction(async (tx) => {
        await tx.query(LOCK_TREE, []);
        const [row] = await tx.query<SizeRow>(SIZE, [parentId, name]);
        if (!row) throw new Error('a SELECT without FROM gave no row');
        const { parent_path: parentPath, is_name_taken: isNameTaken, siblings, total } = row;
        const { category, event } = make({ parentPath, siblings, isNameTaken, total });
        const { id, path, createdAt } = category;
        await tx.query(INSERT, [id, category.name, parentId, path, createdAt]);
        await writeOutbox(tx, [event]);
        return category;
      });
    },

    /** The renamed category; undefined if there is none with this id, 'name-taken' if a sibling has the name. */
    async rename(
      id: string,
      name: string,
      toEvent: (category: Category) => Event,
    ): Promise<Category | 'name-taken' | undefined> {
      return database.transaction(async (tx) => {
        await tx.query(LOCK_TREE, []);
        if ((await tx.query(NAME_TAKEN, [id, name])).length > 0) return 'name-taken';
        const [row] = await tx.query<CategoryRow>(RENAME, [id, name]);
        if (!row) return undefined;
        const category = toCategory(row);
        await writeOutbox(tx, [toEvent(category)]);
        return category;
      });
    },

    /** Those that exist. Concurrent callers share a statement. */
    byIds: groupReadsById(async (ids, signal) =>
      (await database.query<CategoryRow>(BY_IDS, [ids], signal)).map(toCategory),
    ),

    /** The first `size` children of each by name, and which parents do not exist; null stands for the top. */
    async childrenOf(
      parentIds: readonly (string | null)[],
      size: number,
      signal: AbortSignal,
    ): Promise<{ categories: Category[]; unknownParentIds: string[] }> {
      const ids = parentIds.filter((id) => id !== null);
      const withTop = ids.length < parentIds.length;
      const rows = await database.query<ChildRow>(CHILDREN, [ids, withTop, size], signal);
      const known = new Set(rows.map((row) => row.parent_id));
      return {
        categories: rows.filter((row) => row.id !== null).map(toCategory),
        unknownParentIds: ids.filter((id) => !known.has(id)),
      };
    },
  };
}

function toCategory({ id, name, path, created_at: createdAt, version }: CategoryRow): Category {
  return { id, name, path, createdAt, version };
}
