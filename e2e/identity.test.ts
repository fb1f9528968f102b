import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { eventually, LINKS, startTestShop } from '#testkit/shop.ts';
import { LOGIN, PASSWORD, REFRESH, SIGN_UP, signInClient, VERIFY, type Tokens } from './sign-in-client.ts';

for (const link of LINKS) {
  suite(`sign-in, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());
    const { newEmail, run, as, tokenFor, signUp, login, post } = signInClient(shop);

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
