import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { mailTokenFor, signUpCustomer, type Customer } from '#testkit/sign-up.ts';
import { eventually, LINKS, startTestShop, type GraphQLResult } from '#testkit/shop.ts';

const PASSWORD = 'correct horse battery';
const SIGN_UP = 'mutation($input: SignUpInput!) { signUp(input: $input) { userErrors { code field } } }';
const TOKENS = 'tokens { accessToken expiresIn refreshToken account { id name } } userErrors { code field }';
const VERIFY = `mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) { ${TOKENS} } }`;
const LOGIN = `mutation($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`;
const REFRESH = `mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { ${TOKENS} } }`;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly account: { readonly id: string; readonly name: string };
}

for (const link of LINKS) {
  suite(`sign-in, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());
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

    test('a sign-up becomes an account with the token of the e-mail and the password', async () => {
      const email = newEmail();
      await run(SIGN_UP, { email: ` ${email.toUpperCase()} `, name: 'Ada', password: PASSWORD });
      const token = await tokenFor(email);
      const wrong = await run(VERIFY, { token, password: 'another password' });
      assert.deepEqual(wrong.data.verifyEmail.userErrors, [
        { code: 'INVALID_CREDENTIALS', field: 'input.password' },
      ]);
      const { data } = await run(VERIFY, { token, password: PASSWORD });
      assert.equal(data.verifyEmail.tokens.account.name, 'Ada');
      assert.equal(data.verifyEmail.tokens.expiresIn, 600);
      assert.deepEqual((await shop.graphql('{ me { name } }', {}, as(data.verifyEmail.tokens))).data, {
        me: { name: 'Ada' },
      });
      assert.deepEqual((await shop.graphql('{ me { name } }')).data, { me: null });
      const again = await run(VERIFY, { token, password: PASSWORD });
      assert.deepEqual(again.data.verifyEmail.userErrors, [{ code: 'INVALID_TOKEN', field: 'input.token' }]);
    });

    test('a second sign-up of an address has the same answer, and its owner gets an e-mail without a token', async () => {
      const email = newEmail();
      await signUp(email);
      const again = await run(SIGN_UP, { email, name: 'Eve', password: 'another password' });
      assert.deepEqual(again.data, { signUp: { userErrors: [] } });
      await eventually(async () => {
        const subjects = shop.logLines
          .filter(({ recipient }) => recipient === email)
          .map(({ subject }) => subject);
        assert.deepEqual(subjects, ['Confirm your e-mail address', 'You already have an account']);
      });
      await login(email);
    });

    test('mistakes in a sign-up are user errors', async () => {
      const { data } = await run(SIGN_UP, { email: 'no address', name: '', password: 'short' });
      assert.deepEqual(
        data.signUp.userErrors.map(({ field }: { field: string }) => field),
        ['input.email', 'input.name', 'input.password'],
      );
    });

    test('an unknown address and a wrong password have the same answer', async () => {
      const email = newEmail();
      await signUp(email);
      const [unknown, wrong] = await Promise.all([
        run(LOGIN, { email: newEmail(), password: PASSWORD }),
        run(LOGIN, { email, password: 'another password' }),
      ]);
      assert.deepEqual(unknown, wrong);
      assert.deepEqual(wrong.data.login, {
        tokens: null,
        userErrors: [{ code: 'INVALID_CREDENTIALS', field: 'input.password' }],
      });
    });

    test('a refresh token can be used once; its second use ends the session', async () => {
      const first = await signUp();
      const { data } = await run(REFRESH, { refreshToken: first.refreshToken });
      const second: Tokens = data.refreshSession.tokens;
      assert.equal((await post(as(second).authorization)).status, 200);
      const reused = await run(REFRESH, { refreshToken: first.refreshToken });
      assert.deepEqual(reused.data.refreshSession.userErrors, [
        { code: 'INVALID_TOKEN', field: 'input.refreshToken' },
      ]);
      const last = await run(REFRESH, { refreshToken: second.refreshToken });
      assert.equal(last.data.refreshSession.tokens, null, 'the session has ended');
      for (const text of ['', 'x', `${second.refreshToken}A`, 'A'.repeat(second.refreshToken.length)])
        assert.equal((await run(REFRESH, { refreshToken: text })).data.refreshSession.tokens, null);
    });

    test('an ended session is refused within two seconds', async () => {
      const email = newEmail();
      const first = await signUp(email);
      const second = await login(email);
      const { data } = await shop.graphql('{ mySessions { id isCurrent } }', {}, as(second));
      const sessions: { id: string; isCurrent: boolean }[] = data.mySessions;
      assert.deepEqual(
        sessions.map(({ isCurrent }) => isCurrent),
        [true, false],
      );
      const other = sessions[1]?.id;
      const revoke = `mutation { revokeSession(input: { id: "${other}" }) { userErrors { code } } }`;
      assert.deepEqual((await shop.graphql(revoke, {}, as(second))).data.revokeSession.userErrors, []);
      const revokedMs = performance.now();
      await eventually(async () => assert.equal((await post(as(first).authorization)).status, 401));
      assert.ok(performance.now() - revokedMs < 2_000);
      assert.equal((await post(as(second).authorization)).status, 200);
      await shop.graphql('mutation { logout { userErrors { code } } }', {}, as(second));
      await eventually(async () => assert.equal((await post(as(second).authorization)).status, 401));
    });

    test("another account's session is not found", async () => {
      const [mine, theirs] = await Promise.all([signUp(), signUp()]);
      const { data } = await shop.graphql('{ mySessions { id } }', {}, as(theirs));
      const revoke = `mutation { revokeSession(input: { id: "${data.mySessions[0].id}" }) { userErrors { code field } } }`;
      assert.deepEqual((await shop.graphql(revoke, {}, as(mine))).data.revokeSession.userErrors, [
        { code: 'NOT_FOUND', field: 'input.id' },
      ]);
      assert.equal((await post(as(theirs).authorization)).status, 200);
    });

    test('a changed password ends the other sessions; a reset ends all', async () => {
      const email = newEmail();
      const first = await signUp(email);
      const second = await login(email);
      const CHANGE = `mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code field } } }`;
      const input = { currentPassword: 'another password', newPassword: 'a new password' };
      assert.deepEqual((await run(CHANGE, input, as(second))).data.changePassword.userErrors, [
        { code: 'INVALID_CREDENTIALS', field: 'input.currentPassword' },
      ]);
      const right = { ...input, currentPassword: PASSWORD };
      assert.deepEqual((await run(CHANGE, right, as(second))).data.changePassword.userErrors, []);
      await eventually(async () => assert.equal((await post(as(first).authorization)).status, 401));
      assert.equal((await post(as(second).authorization)).status, 200);
      await login(email, 'a new password');

      const REQUEST =
        'mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { userErrors { code } } }';
      const unknown = await run(REQUEST, { email: newEmail() });
      assert.deepEqual(await run(REQUEST, { email }), unknown);
      const token = await eventually(async () => {
        const mail = shop.logLines.findLast(({ recipient }) => recipient === email);
        assert.equal(mail?.['subject'], 'Choose a new password');
        return /token=([\w-]+)/.exec(String(mail?.['body']))?.[1] ?? assert.fail();
      });
      const RESET = `mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code field } } }`;
      const reset = { token, newPassword: 'the newest password' };
      assert.deepEqual((await run(RESET, reset)).data.resetPassword.userErrors, []);
      assert.deepEqual((await run(RESET, reset)).data.resetPassword.userErrors, [
        { code: 'INVALID_TOKEN', field: 'input.token' },
      ]);
      await eventually(async () => assert.equal((await post(as(second).authorization)).status, 401));
      await login(email, 'the newest password');
    });

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

    test('guesses are delayed after five attempts, aliases included; the session of the owner continues', async () => {
      const email = newEmail();
      const tokens = await signUp(email);
      const guess = (index: number): string =>
        `g${index}: login(input: { email: "${email}", password: "guess number ${index}" }) { userErrors { code } }`;
      const guesses = Array.from({ length: 4 }, (_, index) => guess(index)).join(' ');
      const codes = async () => {
        const { data, errors = [] } = await shop.graphql(`mutation { ${guesses} }`);
        const refused = Object.values<{ userErrors: { code: string }[] } | null>(data ?? {});
        return {
          wrong: refused.filter((payload) => payload?.userErrors[0]?.code === 'INVALID_CREDENTIALS').length,
          blocked: errors.filter(({ extensions }) => extensions.code === 'TOO_MANY_ATTEMPTS'),
        };
      };
      const first = await codes();
      const second = await codes();
      // The sixth attempt is made, and delays the next ones.
      assert.deepEqual([first.wrong, second.wrong, second.blocked.length], [4, 2, 2]);
      assert.equal(second.blocked[0]?.extensions.retryAfterSeconds, 2);
      assert.equal((await post(as(tokens).authorization)).status, 200);
    });

    test('requests without a valid token are refused with 401, or are anonymous without the header', async () => {
      for (const authorization of [
        'Bearer x',
        'Bearer a.b.c',
        'Basic dXNlcjpwYXNz',
        'Bearer',
        'Bearer a b',
      ]) {
        const { status, code } = await post(authorization);
        assert.deepEqual([status, code], [401, 'UNAUTHENTICATED'], authorization);
      }
      const { errors = [] } = await shop.graphql('{ mySessions { id } }');
      assert.equal(errors[0]?.extensions.code, 'UNAUTHENTICATED');
    });

    test('/.well-known/jwks.json has the public keys only', async () => {
      const response = await fetch(`${shop.url}/.well-known/jwks.json`);
      const { keys } = (await response.json()) as { keys: Record<string, string>[] };
      assert.equal(response.headers.get('content-type'), 'application/jwk-set+json');
      assert.deepEqual(
        keys.map((key) => Object.keys(key).toSorted()),
        [['alg', 'e', 'kid', 'kty', 'n', 'use']],
      );
    });
  });
}
