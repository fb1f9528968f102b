import type { Category } from '#catalog/category/category.ts';
import type { Event } from '#platform/events/event.ts';
import { writeOutbox } from '#platform/events/outbox.ts';
import { ADVISORY_LOCKS } from '#platform/postgres/advisory-locks.ts';
import { storeClaim } from '#platform/idempotency/keys.ts';
import type { ClaimFor } from '#platform/idempotency/once.ts';
import type { Database, Statement } from '#platform/postgres/pool.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** The SQL statements for categories. */

interface CategoryRow {
  readonly id: string;
  readonly name: string;
  readonly path: string[];
  readonly created_at: Date;
  readonly version: bigint;
}

/** A parent without children produces one row with a null `id`. */
type ChildRow = { readonly parent_id: string | null } & (CategoryRow | { readonly id: null });

interface SizeRow {
  readonly parent_path: string[] | null;
  readonly siblings: number;
  readonly is_name_taken: boolean;
  readonly total: number;
}

/** The state of the tree against which the limits are checked. */
export interface TreeSize {
  /** Null for the top level and for an unknown parent. */
  readonly parentPath: readonly string[] | null;
  readonly siblings: number;
  /** Whether a sibling has the same name, ignoring case and accents. */
  readonly isNameTaken: boolean;
  readonly total: number;
}

const COLUMNS = 'id, name, path, created_at, version';
/** Serializes changes of the tree, so that the limits and unique sibling names hold under concurrency. */
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
/** A parent without children also produces a row, which distinguishes it from an unknown parent. */
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

/** `onChange` is called after each change of a name. */
export function createCategoryStore(database: Database, onChange: () => void = () => {}) {
  return {
    /**
     * Inserts the category and the event that `make` returns. `make` gets the current state of the tree; if it throws,
     * the transaction is rolled back. Throws IDEMPOTENCY_IN_PROGRESS if the key of `claim` is taken.
     */
    async insert(
      parentId: string | null,
      name: string,
      make: (size: TreeSize) => { category: Category; event: Event },
      claim?: ClaimFor<Category>,
    ): Promise<Category> {
      const inserted = await database.transaction(async (tx) => {
        await tx.query(LOCK_TREE, []);
        const [row] = await tx.query<SizeRow>(SIZE, [parentId, name]);
        if (!row) throw new Error('a SELECT without FROM returned no row');
        const { parent_path: parentPath, is_name_taken: isNameTaken, siblings, total } = row;
        const { category, event } = make({ parentPath, siblings, isNameTaken, total });
        const { id, path, createdAt } = category;
        await tx.query(INSERT, [id, category.name, parentId, path, createdAt]);
        await storeClaim(tx, claim?.(category));
        await writeOutbox(tx, [event]);
        return category;
      });
      onChange();
      return inserted;
    },

    /** Returns the renamed category, undefined if the id is unknown, or 'name-taken' if a sibling has the name. */
    async rename(
      id: string,
      name: string,
      toEvent: (category: Category) => Event,
    ): Promise<Category | 'name-taken' | undefined> {
      const renamed = await database.transaction(async (tx) => {
        await tx.query(LOCK_TREE, []);
        if ((await tx.query(NAME_TAKEN, [id, name])).length > 0) return 'name-taken';
        const [row] = await tx.query<CategoryRow>(RENAME, [id, name]);
        if (!row) return undefined;
        const category = toCategory(row);
        await writeOutbox(tx, [toEvent(category)]);
        return category;
      });
      onChange();
      return renamed;
    },

    /** Returns the categories that exist. Concurrent calls share one statement. */
    byIds: groupReadsById(async (ids, signal) =>
      (await database.query<CategoryRow>(BY_IDS, [ids], signal)).map(toCategory),
    ),

    /** Returns the first `size` children of each parent by name, and the unknown parents. Null stands for the top level. */
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
