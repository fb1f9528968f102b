import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Account } from '#account/account.ts';
import { createAccount } from '#account/create-account.ts';
import { getAccount, getAccounts } from '#account/get-accounts.ts';
import { confirmEmailChange, requestEmailChange } from '#account/identity/change-email.ts';
import { deleteAccount } from '#account/identity/delete-account.ts';
import type { EmailStore } from '#account/identity/email-store.ts';
import { login } from '#account/identity/login.ts';
import { changePassword, requestPasswordReset, resetPassword } from '#account/identity/passwords.ts';
import { refreshSession } from '#account/identity/refresh-session.ts';
import type { SessionStore } from '#account/identity/session-store.ts';
import type { TokenDeps } from '#account/identity/session.ts';
import { checkSession, listSessions, revokeSession } from '#account/identity/sessions.ts';
import { signUp } from '#account/identity/sign-up.ts';
import type { IdentityStore } from '#account/identity/store.ts';
import type { Throttle } from '#account/identity/throttle-store.ts';
import { verifyEmail } from '#account/identity/verify-email.ts';
import { listAccounts } from '#account/list-accounts.ts';
import { AccountSchema, AccountService, type Account as AccountMessage } from '#account/pb/account_pb.js';
import { renameAccount } from '#account/rename-account.ts';
import type { AccountStore } from '#account/store.ts';
import type { Clock } from '#platform/clock.ts';
import { claiming, type Idempotency } from '#platform/idempotency/once.ts';
import type { Logger } from '#platform/logger.ts';
import type { Handlers } from '#platform/rpc.ts';

interface Deps {
  readonly store: AccountStore;
  readonly idempotency: Idempotency;
  readonly clock: Clock;
  readonly identity: TokenDeps & {
    readonly store: IdentityStore;
    readonly emails: EmailStore;
    readonly sessions: SessionStore;
    readonly throttle: Throttle;
    readonly logger: Logger;
    readonly shopUrl: string;
  };
}

/** Maps proto messages to use cases and back. */
export function accountHandlers(deps: Deps): Handlers<typeof AccountService> {
  const { identity } = deps;
  return {
    createAccount: (request, call) =>
      deps.idempotency.once(AccountService.method.createAccount, request, call, {
        work: (claim) => createAccount({ ...deps, store: claiming(deps.store.insert, claim) }, request, call),
        toResponse: (account: Account) => ({ account: toMessage(account) }),
      }),
    getAccount: async (request, call) => ({ account: toMessage(await getAccount(deps, request, call)) }),
    batchGetAccounts: async (request, call) => ({
      accounts: (await getAccounts(deps, request, call)).map(toMessage),
    }),
    listAccounts: async (request, call) => {
      const { rows, hasMore } = await listAccounts(deps, request, call);
      return { accounts: rows.map(toMessage), hasMore };
    },
    renameAccount: async (request, call) => ({
      account: toMessage(await renameAccount(deps, request, call)),
    }),
    signUp: async (request, call) => {
      await signUp(identity, request, call);
      return {};
    },
    verifyEmail: async (request, call) => ({ tokens: await verifyEmail(identity, request, call) }),
    login: async (request, call) => ({ tokens: await login(identity, request, call) }),
    refreshSession: async (request) => ({ tokens: await refreshSession(identity, request) }),
    changePassword: async (request, call) => {
      await changePassword(identity, request, call);
      return {};
    },
    requestPasswordReset: async (request) => {
      await requestPasswordReset(identity, request);
      return {};
    },
    resetPassword: async (request, call) => {
      await resetPassword(identity, request, call);
      return {};
    },
    requestEmailChange: async (request, call) => {
      await requestEmailChange(identity, request, call);
      return {};
    },
    confirmEmailChange: async (request, call) => {
      await confirmEmailChange(identity, request, call);
      return {};
    },
    deleteAccount: async (request, call) => {
      await deleteAccount(identity, request, call);
      return {};
    },
    listSessions: async (_, call) => ({
      sessions: (await listSessions(identity, call)).map(({ id, createdAt, refreshedAt, isCurrent }) => ({
        id,
        createdAt: timestampFromDate(createdAt),
        refreshedAt: timestampFromDate(refreshedAt),
        isCurrent,
      })),
    }),
    revokeSession: async (request, call) => {
      await revokeSession(identity, request, call);
      return {};
    },
    checkSession: async (request, call) => ({ isActive: await checkSession(identity, request, call) }),
    getKeySet: async () => ({ json: JSON.stringify(identity.keys().keySet) }),
  };
}

function toMessage(account: Account): AccountMessage {
  const { id, name, createdAt, version } = account;
  return create(AccountSchema, { id, name, createdAt: timestampFromDate(createdAt), version });
}
