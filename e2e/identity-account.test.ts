import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { eventually, LINKS, startTestShop, type GraphQLResult } from '#testkit/shop.ts';
import { LOGIN, PASSWORD, REFRESH, signInClient, type Tokens } from './sign-in-client.ts';

for (const link of LINKS) {
  suite(`accounts and browsers, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());
    const { newEmail, run, as, tokenFor, signUp, login, post } = signInClient(shop);

    test('a deleted account has no personal data, no session and no sign-in; its orders stay', async () => {
      const email = newEmail();
      const tokens = await signUp(email);
      const { id } = tokens.account;
      const product = await shop.graphql(
        'mutation { createProduct(product: { name: "Lamp", price: 5 }) { id } }',
      );
      const products = [{ productId: product.data.createProduct.id, quantity: 1 }];
      await shop.graphql('mutation($order: OrderInput!) { createOrder(order: $order) { id } }', {
        order: { accountId: id, products },
      });
      const DELETE =
        'mutation($input: DeleteMyAccountInput!) { deleteMyAccount(input: $input) { userErrors { code field } } }';
      const wrong = await run(DELETE, { password: 'another password' }, as(tokens));
      assert.deepEqual(wrong.data.deleteMyAccount.userErrors, [
        { code: 'INVALID_CREDENTIALS', field: 'input.password' },
      ]);
      const deleted = await run(DELETE, { password: PASSWORD }, as(tokens));
      assert.deepEqual(deleted.data.deleteMyAccount.userErrors, []);
      await eventually(async () => assert.equal((await post(as(tokens).authorization)).status, 401));
      const { data } = await shop.graphql(`{ account(id: "${id}") { name orders { totalPrice } } }`);
      assert.deepEqual(data.account, { name: 'Deleted account', orders: [{ totalPrice: 5 }] });
      const again = await run(LOGIN, { email, password: PASSWORD });
      assert.equal(again.data.login.userErrors[0].code, 'INVALID_CREDENTIALS');
      await eventually(async () => {
        const client = new pg.Client({ connectionString: shop.databaseUrls.account });
        await client.connect();
        const rows = await client.query(
          `SELECT 1 FROM credential WHERE email = $1 UNION ALL SELECT 1 FROM mail WHERE recipient = $1
          UNION ALL SELECT 1 FROM pending_sign_up WHERE email = $1 UNION ALL SELECT 1 FROM session WHERE account_id = $2`,
          [email, id],
        );
        await client.end();
        assert.equal(rows.rowCount, 0);
      });
      assert.notEqual((await signUp(email)).account.id, id, 'the address can sign up again');
    });

    test('a new e-mail address is used after its confirmation, and the old one is told', async () => {
      const [email, other, next] = [newEmail(), newEmail(), newEmail()];
      const tokens = await signUp(email);
      const stranger = await signUp(other);
      const REQUEST =
        'mutation($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) { userErrors { code field } } }';
      const CONFIRM =
        'mutation($input: ConfirmEmailChangeInput!) { confirmEmailChange(input: $input) { userErrors { code field } } }';
      const request = async (address: string, password = PASSWORD): Promise<unknown> =>
        (await run(REQUEST, { email: address, password }, as(tokens))).data.requestEmailChange.userErrors;
      assert.deepEqual(await request(next, 'another password'), [
        { code: 'INVALID_CREDENTIALS', field: 'input.password' },
      ]);
      assert.deepEqual(await request(other), [], 'as for an address without an account');
      assert.deepEqual(await request(next), []);
      assert.ok((await login(email)).accessToken, 'not before it is confirmed');
      const confirm = async (token: string, caller: Tokens): Promise<unknown> =>
        (await run(CONFIRM, { token }, as(caller))).data.confirmEmailChange.userErrors;
      const invalid = [{ code: 'INVALID_TOKEN', field: 'input.token' }];
      const token = await tokenFor(next);
      assert.deepEqual(await confirm(token, stranger), invalid, 'not by another account');
      assert.deepEqual(await confirm(token, tokens), []);
      assert.deepEqual(await confirm(token, tokens), invalid);
      assert.equal((await login(next)).account.id, tokens.account.id);
      assert.equal((await run(LOGIN, { email, password: PASSWORD })).data.login.tokens, null);
      await eventually(() => {
        const subjects = shop.logLines
          .filter(({ recipient }) => recipient === email)
          .map(({ subject }) => subject);
        assert.deepEqual(subjects, ['Confirm your e-mail address', 'Your e-mail address was changed']);
      });
    });

    test('a new password cancels a change of the e-mail address', async () => {
      const [email, next] = [newEmail(), newEmail()];
      const tokens = await signUp(email);
      const ask =
        'mutation($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) { userErrors { code } } }';
      const change =
        'mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }';
      const confirm =
        'mutation($input: ConfirmEmailChangeInput!) { confirmEmailChange(input: $input) { userErrors { code } } }';
      await run(ask, { email: next, password: PASSWORD }, as(tokens));
      const token = await tokenFor(next);
      await run(change, { currentPassword: PASSWORD, newPassword: 'a new password' }, as(tokens));
      const { data } = await run(confirm, { token }, as(tokens));
      assert.deepEqual(data.confirmEmailChange.userErrors, [{ code: 'INVALID_TOKEN' }]);
      assert.ok((await login(email, 'a new password')).accessToken);
    });

    test('a browser gets the refresh token as a cookie that scripts and other sites cannot use', async () => {
      const email = newEmail();
      await signUp(email);
      const send = async (query: string, input: object, headers: Record<string, string> = {}) => {
        const response = await fetch(`${shop.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query, variables: { input } }),
        });
        const { data } = (await response.json()) as GraphQLResult;
        const [setCookie = ''] = response.headers.getSetCookie();
        return { status: response.status, data, setCookie, cookie: setCookie.split(';')[0] ?? '' };
      };
      const first = await send(LOGIN, { email, password: PASSWORD, cookie: true });
      assert.equal(first.data.login.tokens.refreshToken, null);
      assert.match(
        first.setCookie,
        /^__Host-refresh=[\w-]{107}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
      const second = await send(REFRESH, {}, { cookie: `other=1; ${first.cookie}` });
      assert.equal(second.data.refreshSession.tokens.refreshToken, null);
      assert.notEqual(second.cookie, first.cookie);
      const { authorization } = as(second.data.refreshSession.tokens);
      assert.equal((await post(authorization)).status, 200);
      const logout = 'mutation { logout { userErrors { code } } }';
      const third = await send(logout, {}, { authorization, cookie: second.cookie });
      assert.match(third.setCookie, /^__Host-refresh=; Max-Age=0;/);
      for (const cookie of [second.cookie, '__Host-refresh=', '__Host-refresh=%00', 'x__Host-refresh=a', 'a'])
        assert.equal((await send(REFRESH, {}, { cookie })).data.refreshSession.tokens, null, cookie);
      // A form of another site cannot send JSON.
      const form = { 'content-type': 'text/plain', cookie: second.cookie };
      assert.equal((await send(REFRESH, {}, form)).status, 415);
    });
  });
}
