import type { Account } from '#account/account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Call } from '#platform/call.ts';
import { requirePage } from '#platform/input.ts';
import type { PageRequest } from '#platform/pb/page_pb.js';
import type { PageOf } from '#platform/postgres/keyset.ts';

/** Returns a page of all accounts, newest first. Throws INVALID_ARGUMENT. */
export async function listAccounts(
  deps: { store: Pick<AccountStore, 'list'> },
  input: { page?: PageRequest | undefined },
  call: Call,
): Promise<PageOf<Account>> {
  return deps.store.list(requirePage(input.page), call);
}
