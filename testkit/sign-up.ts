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

/** The tokens in the e-mails to an address, oldest first. E-mails are in the log. */
function mailTokens({ logLines }: Pick<TestShop, 'logLines'>, email: string): string[] {
  const bodies = logLines.filter(({ recipient }) => recipient === email).map(({ body }) => String(body));
  return bodies.flatMap((text) => /token=([\w-]+)/.exec(text)?.[1] ?? []);
}

/** Returns the token of the last e-mail to an address that has one, after `seen` earlier ones. */
export function mailTokenFor(shop: Pick<TestShop, 'logLines'>, email: string, seen = 0): Promise<string> {
  return eventually(() => {
    const tokens = mailTokens(shop, email);
    return (tokens.length > seen && tokens.at(-1)) || assert.fail(`no e-mail to ${email} has a token`);
  });
}

/** Creates the account of a customer and signs in. */
export async function signUpCustomer(
  shop: Pick<TestShop, 'graphql' | 'logLines'>,
  { email = `${crypto.randomUUID()}@shop.example`, name = 'Ada' } = {},
): Promise<Customer> {
  const seen = mailTokens(shop, email).length;
  const signedUp = await shop.graphql(SIGN_UP, { input: { email, name, password: PASSWORD } });
  assert.deepEqual(signedUp.data?.signUp.userErrors, [], JSON.stringify(signedUp.errors));
  const token = await mailTokenFor(shop, email, seen);
  const { data } = await shop.graphql(VERIFY, { input: { token, password: PASSWORD } });
  assert.deepEqual(data.verifyEmail.userErrors, []);
  return { email, password: PASSWORD, ...data.verifyEmail.tokens };
}
