import type { Tokens } from '#account/pb/account_pb.js';
import { payloadOf, userErrorsOf } from '#graphql/graph/payload.ts';
import { present } from '#graphql/graph/present.ts';
import type { Resolvers } from '#graphql/graph/resolver-types.ts';
import { withArgumentPaths } from '#graphql/graph/violations.ts';

const PATHS = {
  email: 'input.email',
  name: 'input.name',
  password: 'input.password',
  token: 'input.token',
  refreshToken: 'input.refreshToken',
  currentPassword: 'input.currentPassword',
  newPassword: 'input.newPassword',
  id: 'input.id',
};

const tokensOf = (signedIn: Promise<{ tokens?: Tokens | undefined }>) =>
  payloadOf('tokens', async () => present((await withArgumentPaths(PATHS, signedIn)).tokens));
const doneOf = (done: Promise<unknown>) => userErrorsOf(() => withArgumentPaths(PATHS, done));

/** The resolvers of sign-in and sessions. */
export const identityResolvers: Resolvers = {
  Query: {
    me: (_, _args, { call, loaders }) => {
      // The token of a program has no account.
      const { subject, sessionId } = call.principal.identity ?? {};
      return subject !== undefined && sessionId !== undefined ? loaders.account.load(subject) : null;
    },
    mySessions: async (_, _args, { clients, call }) =>
      (await clients.accounts.listSessions({}, call)).sessions,
  },

  Mutation: {
    signUp: (_, { input }, { clients, call }) => doneOf(clients.accounts.signUp(input, call)),
    verifyEmail: (_, { input }, { clients, call }) => tokensOf(clients.accounts.verifyEmail(input, call)),
    login: (_, { input }, { clients, call }) => tokensOf(clients.accounts.login(input, call)),
    refreshSession: (_, { input }, { clients, call }) =>
      tokensOf(clients.accounts.refreshSession(input, call)),
    logout: (_, _args, { clients, call }) => doneOf(clients.accounts.revokeSession({}, call)),
    changePassword: (_, { input }, { clients, call }) => doneOf(clients.accounts.changePassword(input, call)),
    deleteMyAccount: (_, { input }, { clients, call }) => doneOf(clients.accounts.deleteAccount(input, call)),
    requestPasswordReset: (_, { input }, { clients, call }) =>
      doneOf(clients.accounts.requestPasswordReset(input, call)),
    resetPassword: (_, { input }, { clients, call }) => doneOf(clients.accounts.resetPassword(input, call)),
    revokeSession: (_, { input: { id } }, { clients, call }) =>
      // The service takes an empty id as the current session.
      doneOf(clients.accounts.revokeSession({ id: id === '' ? '-' : id }, call)),
  },

  Tokens: { account: ({ accountId }, _, { loaders }) => loaders.account.load(accountId) },

  Session: {
    createdAt: ({ createdAt }) => present(createdAt),
    refreshedAt: ({ refreshedAt }) => present(refreshedAt),
  },
};
