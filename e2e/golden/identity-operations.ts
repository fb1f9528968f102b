import { UNKNOWN_ID } from '../fuzz-input.ts';
import type { Operation } from './operation.ts';

/** Sign-in and sessions, for a caller that is not signed in: tokens differ in each run (e2e/identity.test.ts). */

const TOKENS = '{ tokens { expiresIn account { name } } userErrors { code field message } }';

export const IDENTITY_OPERATIONS: readonly Operation[] = [
  { name: 'me', query: () => '{ me { name } }' },
  { name: 'my-sessions', query: () => '{ mySessions { isCurrent } }' },
  {
    name: 'sign-up',
    query: () =>
      'mutation { signUp(input: { email: "golden@shop.example", name: "Ada", password: "correct horse" }) { userErrors { code } } }',
  },
  {
    name: 'verify-email-invalid-token',
    query: () => `mutation { verifyEmail(input: { token: "x", password: "correct horse" }) ${TOKENS} }`,
  },
  {
    name: 'login-invalid-credentials',
    query: () =>
      `mutation { login(input: { email: "golden@shop.example", password: "correct horse" }) ${TOKENS} }`,
  },
  {
    name: 'refresh-session-invalid-token',
    query: () => `mutation { refreshSession(input: { refreshToken: "x" }) ${TOKENS} }`,
  },
  { name: 'logout', query: () => 'mutation { logout { userErrors { code } } }' },
  {
    name: 'change-password',
    query: () =>
      'mutation { changePassword(input: { currentPassword: "x", newPassword: "correct horse" }) { userErrors { code } } }',
  },
  {
    name: 'request-email-change',
    query: () =>
      'mutation { requestEmailChange(input: { email: "new@shop.example", password: "x" }) { userErrors { code } } }',
  },
  {
    name: 'confirm-email-change-invalid-token',
    query: () => 'mutation { confirmEmailChange(input: { token: "x" }) { userErrors { code field } } }',
  },
  {
    name: 'delete-my-account',
    query: () => 'mutation { deleteMyAccount(input: { password: "x" }) { userErrors { code } } }',
  },
  {
    name: 'request-password-reset',
    query: () =>
      'mutation { requestPasswordReset(input: { email: "golden@shop.example" }) { userErrors { code } } }',
  },
  {
    name: 'reset-password-invalid-token',
    query: () =>
      'mutation { resetPassword(input: { token: "x", newPassword: "correct horse" }) { userErrors { code field } } }',
  },
  {
    name: 'revoke-session',
    query: () => `mutation { revokeSession(input: { id: "${UNKNOWN_ID}" }) { userErrors { code } } }`,
  },
];
