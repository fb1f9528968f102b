import type { Tokens } from '#account/pb/account_pb.js';
import type { Context } from '#graphql/graph/context.ts';
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

/** The tokens of a session. With `isCookie`, the refresh token is in the cookie of the response instead. */
function tokensOf(context: Context, isCookie: boolean, signedIn: Promise<{ tokens?: Tokens | undefined }>) {
  return payloadOf('tokens', async () => {
    const tokens = present((await withArgumentPaths(PATHS, signedIn)).tokens);
    if (!isCookie) return tokens;
    context.newRefreshToken = tokens.refreshToken;
    return Object.assign({}, tokens, { refreshToken: '' });
  });
}
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
    verifyEmail: (_, { input: { cookie, ...input } }, context) =>
      tokensOf(context, cookie, context.clients.accounts.verifyEmail(input, context.call)),
    login: (_, { input: { cookie, ...input } }, context) =>
      tokensOf(context, cookie, context.clients.accounts.login(input, context.call)),
    refreshSession: (_, { input: { refreshToken } }, context) => {
      const request = { refreshToken: refreshToken ?? context.refreshToken };
      const refreshed = context.clients.accounts.refreshSession(request, context.call);
      return tokensOf(context, refreshToken == null, refreshed);
    },
    logout: (_, _args, context) => {
      if (context.refreshToken !== '') context.newRefreshToken = '';
      return doneOf(context.clients.accounts.revokeSession({}, context.call));
    },
    changePassword: (_, { input }, { clients, call }) => doneOf(clients.accounts.changePassword(input, call)),
    requestEmailChange: (_, { input }, { clients, call }) =>
      doneOf(clients.accounts.requestEmailChange(input, call)),
    confirmEmailChange: (_, { input }, { clients, call }) =>
      doneOf(clients.accounts.confirmEmailChange(input, call)),
    deleteMyAccount: (_, { input }, { clients, call }) => doneOf(clients.accounts.deleteAccount(input, call)),
    requestPasswordReset: (_, { input }, { clients, call }) =>
      doneOf(clients.accounts.requestPasswordReset(input, call)),
    resetPassword: (_, { input }, { clients, call }) => doneOf(clients.accounts.resetPassword(input, call)),
    revokeSession: (_, { input: { id } }, { clients, call }) =>
      // The service takes an empty id as the current session.
      doneOf(clients.accounts.revokeSession({ id: id === '' ? '-' : id }, call)),
  },

  Tokens: {
    refreshToken: ({ refreshToken }) => (refreshToken === '' ? null : refreshToken),
    account: ({ accountId }, _, { loaders }) => loaders.account.load(accountId),
  },

  Session: {
    createdAt: ({ createdAt }) => present(createdAt),
    refreshedAt: ({ refreshedAt }) => present(refreshedAt),
  },
};
