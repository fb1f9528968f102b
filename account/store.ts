import type { Account } from '#account/account.ts';
import type { Event } from '#platform/events/event.ts';
import { outboxInsert, outboxValues, writeOutbox } from '#platform/events/outbox.ts';
import { groupInserts } from '#platform/group-inserts.ts';
import { shareReads } from '#platform/group.ts';
import { pageKey, type Page } from '#platform/input.ts';
import { keyset, keysetValues, toPage, type PageOf } from '#platform/postgres/keyset.ts';
import type { Database, Queryable, Statement } from '#platform/postgres/pool.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** All SQL statements of the account service. */

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly version: bigint;
}

const COLUMNS = 'id, name, created_at, version';

const INSERT: Statement = {
  name: 'insert_accounts',
  text: `
    WITH published AS (${outboxInsert(4)})
    INSERT INTO account (id, name, created_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])`,
};
const BY_IDS: Statement = {
  name: 'accounts_by_ids',
  text: `SELECT ${COLUMNS} FROM account WHERE id = ANY($1::uuid[])`,
};
const LIST: Statement = {
  name: 'list_accounts',
  text: `SELECT ${COLUMNS} FROM account WHERE ${keyset('forward', 1)}`,
};
const LIST_BACKWARD: Statement = {
  name: 'list_accounts_backward',
  text: `SELECT ${COLUMNS} FROM account WHERE ${keyset('backward', 1)}`,
};
const RENAME: Statement = {
  name: 'rename_account',
  text: `UPDATE account SET name = $2, version = version + 1 WHERE id = $1 RETURNING ${COLUMNS}`,
};

export type AccountStore = ReturnType<typeof createStore>;

export function createStore(database: Database) {
  return {
    /** Stores an account with its events and returns the stored account. Concurrent callers share a commit. */
    insert: groupInserts<Account>(database, insertAccounts, (account) => account.name.length),

    /** Returns the accounts that exist. Concurrent callers share a statement. */
    byIds: groupReadsById(async (ids, signal) =>
      (await database.query<AccountRow>(BY_IDS, [ids], signal)).map(toAccount),
    ),

    /** Returns a page. Concurrent callers of one principal with equal pages share a statement. */
    list: shareReads<Page, PageOf<Account>>(pageKey, async (page, { signal }) => {
      const statement = page.fromEnd ? LIST_BACKWARD : LIST;
      const rows = await database.query<AccountRow>(statement, keysetValues(page), signal);
      return toPage(rows.map(toAccount), page);
    }),

    /** Returns the renamed account, or undefined if there is none with this id. */
    async rename(
      id: string,
      name: string,
      toEvent: (account: Account) => Event,
    ): Promise<Account | undefined> {
      return database.transaction((tx) => renameIn(tx, id, name, toEvent));
    },
  };
}

/** Inserts all accounts with their events in one commit. Returns the outcome of each. */
export async function insertAccounts(
  database: Queryable,
  accounts: readonly Account[],
  events: readonly Event[],
): Promise<readonly Account[]> {
  await database.query(INSERT, [
    accounts.map((account) => account.id),
    accounts.map((account) => account.name),
    accounts.map((account) => account.createdAt),
    ...outboxValues(events),
  ]);
  return accounts;
}

/** Renames an account within a transaction. Returns undefined if there is none with this id. */
export async function renameIn(
  tx: Queryable,
  id: string,
  name: string,
  toEvent: (account: Account) => Event,
): Promise<Account | undefined> {
  const [row] = await tx.query<AccountRow>(RENAME, [id, name]);
  if (!row) return undefined;
  const account = toAccount(row);
  await writeOutbox(tx, [toEvent(account)]);
  return account;
}

function toAccount(row: AccountRow): Account {
  return { id: row.id, name: row.name, createdAt: row.created_at, version: row.version };
}
