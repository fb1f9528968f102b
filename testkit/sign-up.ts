import assert from 'node:assert/strict';
import { eventually, type TestShop } from '#testkit/shop.ts';

/** Customers for tests, who sign up through the API. */

const PASSWORD = 'correct horse battery';
const SIGN_UP = 'mutation($input: SignUpInput!) { signUp(input: $input) { userErrors { message } } }';
const VERIFY = `mutation($input: VerifyEmailInput!) {
  verifyEmail(input: $input) { tokens { accessToken refreshToken account { id name } } userErrors { message } } }`;

export interface Customer {
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly account: { readonly id: string; readonly name: string };
}

/** Returns the token of the last e-mail to an address that has one. E-mails are in the log. */
export function mailTokenFor({ logLines }: Pick<TestShop, 'logLines'>, email: string): Promise<string> {
  return eventually(() => {
    const bodies = logLines.filter(({ recipient }) => recipient === email).map(({ body }) => String(body));
    const tokens = bodies.flatMap((body) => /token=([\w-]+)/.exec(body)?.[1] ?? []);
    return tokens.at(-1) ?? assert.fail(`no e-mail to ${email} has a token`);
  });
}

/** Creates the account of a customer and signs in. */
export async function signUpCustomer(
  shop: Pick<TestShop, 'graphql' | 'logLines'>,
  { email = `${crypto.randomUUID()}@shop.example`, name = 'Ada' } = {},
): Promise<Customer> {
  const signedUp = await shop.graphql(SIGN_UP, { input: { email, name, password: PASSWORD } });
  assert.deepEqual(signedUp.data?.signUp.userErrors, [], JSON.stringify(signedUp.errors));
  const token = await mailTokenFor(shop, email);
  const { data } = await shop.graphql(VERIFY, { input: { token, password: PASSWORD } });
  assert.deepEqual(data.verifyEmail.userErrors, []);
  return { email, password: PASSWORD, ...data.verifyEmail.tokens };
}
