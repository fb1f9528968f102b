import assert from 'node:assert/strict';
import type { GraphQLResult, TestShop } from '#testkit/shop.ts';
import { mailTokenFor, signUpCustomer, type Customer } from '#testkit/sign-up.ts';

/** A client of the API for tests of sign-in. */

export const PASSWORD = 'correct horse battery';
export const SIGN_UP =
  'mutation($input: SignUpInput!) { signUp(input: $input) { userErrors { code field } } }';
const TOKENS = 'tokens { accessToken expiresIn refreshToken account { id name } } userErrors { code field }';
export const VERIFY = `mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) { ${TOKENS} } }`;
export const LOGIN = `mutation($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`;
export const REFRESH = `mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { ${TOKENS} } }`;

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly account: { readonly id: string; readonly name: string };
}

export function signInClient(shop: TestShop) {
  let addresses = 0;
  const newEmail = (): string => `buyer${(addresses += 1)}@shop.example`;
  const run = (query: string, input: object, headers = {}): Promise<GraphQLResult> =>
    shop.graphql(query, { input }, headers);
  const as = ({ accessToken }: Tokens) => ({ authorization: `Bearer ${accessToken}` });

  const tokenFor = (email: string): Promise<string> => mailTokenFor(shop, email);
  const signUp = (email = newEmail()): Promise<Customer> => signUpCustomer(shop, { email });

  async function login(email: string, password = PASSWORD): Promise<Tokens> {
    const { data, errors } = await run(LOGIN, { email, password });
    assert.deepEqual(data?.login.userErrors, [], JSON.stringify(errors));
    return data.login.tokens;
  }

  /** Sends a query with a header and returns the status and the body. */
  async function post(authorization: string, query = '{ me { name } }') {
    const response = await fetch(`${shop.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query }),
    });
    const body = (await response.json()) as GraphQLResult;
    return { status: response.status, code: body.errors?.[0]?.extensions.code, data: body.data };
  }

  return { newEmail, run, as, tokenFor, signUp, login, post };
}
