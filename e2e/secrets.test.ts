import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import pg from 'pg';
import { LINKS, startTestShop, type GraphQLResult } from '#testkit/shop.ts';
import { mailTokenFor } from '#testkit/sign-up.ts';

/**
 * Secrets that callers send or get appear nowhere else: not in logs, metrics, error answers, events or tables. The only
 * exception is MAIL_URL=log:, which writes e-mails to the log on purpose.
 */

const MAIL_TO_LOG = 'e-mail (set MAIL_URL to send it)';
const TOKENS = '{ tokens { accessToken refreshToken } userErrors { code message field } }';

for (const link of LINKS) {
  suite(`secrets, services linked ${link}`, async () => {
    const shop = await startTestShop({ link });
    after(() => shop[Symbol.asyncDispose]());
    const secrets = new Map<string, string>();
    const answers: string[] = [];
    const secret = (name: string): string => {
      const text = `${name}-${crypto.randomUUID()}`;
      secrets.set(name, text);
      return text;
    };

    /** Sends a request; remembers the answer unless it must have tokens. */
    async function send(
      query: string,
      input: object,
      headers: Record<string, string> = {},
    ): Promise<GraphQLResult> {
      const answer = await shop.graphql(query, { input }, headers);
      if (!JSON.stringify(answer).includes('accessToken":"')) answers.push(JSON.stringify(answer));
      return answer;
    }
    const signUp =
      'mutation($input: SignUpInput!) { signUp(input: $input) { userErrors { code message field } } }';
    const verify = `mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) ${TOKENS} }`;
    const login = `mutation($input: LoginInput!) { login(input: $input) ${TOKENS} }`;
    const refresh = `mutation($input: RefreshSessionInput!) { refreshSession(input: $input) ${TOKENS} }`;
    const change =
      'mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code message field } } }';
    const request =
      'mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { userErrors { message } } }';
    const reset =
      'mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code message field } } }';

    test('every mutation that takes a secret is called with it: right, wrong and malformed', async () => {
      const email = `${secret('email')}@shop.example`;
      const password = secret('password');
      const wrong = secret('wrong-password');
      await send(signUp, { email, name: 'Ada', password });
      await send(signUp, { email: secret('bad-email'), name: '', password: secret('long').repeat(20) });
      const mailToken = await mailTokenFor(shop, email);
      secrets.set('mail token', mailToken);
      await send(verify, { token: mailToken, password: wrong });
      const verified = await send(verify, { token: mailToken, password });
      const first = verified.data.verifyEmail.tokens;
      await send(verify, { token: mailToken, password });
      await send(login, { email, password: wrong });
      const { tokens } = (await send(login, { email, password })).data.login;
      const next = (await send(refresh, { refreshToken: first.refreshToken })).data.refreshSession.tokens;
      await send(refresh, { refreshToken: first.refreshToken });
      await send(refresh, { refreshToken: secret('refresh-garbage') });
      for (const [name, { accessToken, refreshToken }] of Object.entries({ first, tokens, next })) {
        secrets.set(`${name} access token`, accessToken);
        secrets.set(`${name} refresh token`, refreshToken);
      }
      const as = { authorization: `Bearer ${tokens.accessToken}` };
      const remove =
        'mutation($input: DeleteMyAccountInput!) { deleteMyAccount(input: $input) { userErrors { message } } }';
      await send(remove, { password: wrong }, as);
      const changed = secret('changed-password');
      await send(change, { currentPassword: wrong, newPassword: changed }, as);
      await send(change, { currentPassword: password, newPassword: changed }, as);
      await send(request, { email });
      const resetToken = await mailTokenFor(shop, email, 1);
      secrets.set('reset token', resetToken);
      await send(reset, { token: secret('reset-garbage'), newPassword: changed });
      const done = await send(reset, { token: resetToken, newPassword: secret('reset-password') });
      assert.deepEqual(done.data.resetPassword.userErrors, []);
      // Refused before they are executed.
      await send(login, { email, password: 5, extra: secret('extra') });
      await send('{ me { id } }', {}, { authorization: `Bearer ${secret('bearer')}.a.b` });
      await send('{ me { id } }', {}, { authorization: `Basic ${secret('basic')}` });
      await send('{ me { id } }', {}, as);
      const broken = await fetch(`${shop.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `"${secret('key')}"` },
        body: `{"query":"mutation { login(input: { password: \\"${secret('in-broken-json')}\\" `,
      });
      answers.push(await broken.text());
    });

    /** The guarantee: none of the texts has a secret. */
    function assertClean(where: string, texts: readonly string[], allowed: readonly string[] = []): void {
      const found = [...secrets].filter(
        ([name, text]) => !allowed.includes(name) && texts.some((each) => each.includes(text)),
      );
      assert.deepEqual(
        found.map(([name]) => name),
        [],
        where,
      );
    }
    const logTexts = (): string[] =>
      shop.logLines.filter(({ msg }) => msg !== MAIL_TO_LOG).map((line) => JSON.stringify(line));

    async function rowsOf(url: string): Promise<string[]> {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        const { rows } = await client.query<{ name: string }>(
          "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
        );
        const texts: string[] = [];
        for (const { name } of rows) {
          const found = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} AS t`);
          texts.push(...found.rows.map(({ text }) => text));
        }
        return texts;
      } finally {
        await client.end();
      }
    }

    test('they are not in the log, the metrics, the error answers, the events or the tables', async () => {
      assert.ok(secrets.size >= 20, `${secrets.size} secrets`);
      assertClean('log', logTexts());
      assertClean('metrics', [await (await fetch(`${shop.url}/metrics`)).text()]);
      // A caller is told its own input that the schema does not know.
      assertClean('answers', answers, ['extra']);
      assertClean('events', await rowsOf(shop.databaseUrls.events));
      for (const name of ['catalog', 'order'] as const)
        assertClean(name, await rowsOf(shop.databaseUrls[name]));
      // The account service stores the address itself, and everything else as a hash.
      assertClean('account', await rowsOf(shop.databaseUrls.account), ['email']);
    });

    test('known-bad twin: a log line with a password is caught', () => {
      const line = JSON.stringify({ msg: 'login failed', password: secrets.get('password') });
      assert.throws(() => assertClean('log', [...logTexts(), line]), /log/);
    });
  });
}
