import type { Account } from '#account/account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import { AppError } from '#platform/errors.ts';
import { requireUuid, requireUuids } from '#platform/input.ts';
import { BATCH_SIZE_MAX } from '#platform/limits.ts';
import { groupReadsById } from '#platform/read-by-id.ts';

/** Accounts by id; concurrent callers share a statement. */
export function getAccountsUseCase(deps: { store: AccountStore }) {
  const read = groupReadsById(deps.store.byIds);
  return {
    /** Those that exist. Throws INVALID_ARGUMENT. */
    async getAccounts(ids: readonly string[], call: Call): Promise<Account[]> {
      return read(requireUuids('ids', ids, BATCH_SIZE_MAX), call);
    },
    /** Throws INVALID_ARGUMENT, NOT_FOUND. */
    async getAccount(id: string, call: Call): Promise<Account> {
      const [account] = await read([requireUuid('id', id)], call);
      if (!account)
        throw new AppError('NOT_FOUND', `There is no account ${id}.`, { detail: { field: 'id' } });
      return account;
    },
  };
}
