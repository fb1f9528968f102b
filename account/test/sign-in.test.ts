import assert from 'node:assert/strict';
import { argon2Sync, createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { SMTPServer } from 'smtp-server';
import { createEmailStore } from '#account/identity/email-store.ts';
import { createSessionStore } from '#account/identity/session-store.ts';
import { newSession } from '#account/identity/session.ts';
import { createIdentityStore } from '#account/identity/store.ts';
import { startAccount } from '#account/service.ts';
import { readSigningKeys, rotateSigningKeys } from '#platform/auth/signing-keys.ts';
import { AppError } from '#platform/errors.ts';
import { openDatabase } from '#platform/postgres/pool.ts';
import { inProcess } from '#platform/rpc.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { eventually, fakeClock, testCall } from '#testkit/shop.ts';

const PASSWORD = 'correct horse battery';

/** An SMTP server that refuses the first `refusals` e-mails. */
async function startMailServer(stack: AsyncDisposableStack, refusals: number) {
  const received: { to: string[]; text: string }[] = [];
  let left = refusals;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    // The error has the address, which must not get into the log.
    onRcptTo(_address, _session, done) {
      if (left <= 1) return done();
      left -= 1;
      return done(new Error('no such user'));
    },
    onData(stream, session, done) {
      void text(stream).then((content) => {
        if (left > 0) {
          left -= 1;
          return done(new Error('try again'));
        }
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: content });
        return done();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stack.defer(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `smtp://127.0.0.1:${address.port}`, received };
}

suite('sign-in', async () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const clock = fakeClock(Date.now());
  const bench = await openServiceBench('account', stack, clock);
  const folder = await mkdtemp(join(tmpdir(), 'fritzy-keys-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const mail = await startMailServer(stack, 2);
  const tokenKeys = join(folder, 'keys');
  const config = {
    databaseUrl: bench.url,
    tokenKeys,
    mailUrl: mail.url,
    mailFrom: 'Shop <shop@shop.example>',
  };
  const { implementation } = await startAccount(config, bench.deps, stack);
  const accounts = inProcess(implementation);
  const email = 'ada@shop.example';
  const login = (password: string) => accounts.login({ email, password }, testCall());
  const reasonOf = async (answer: Promise<unknown>): Promise<string> =>
    answer.then(
      () => 'OK',
      (error: unknown) => (error instanceof AppError ? error.reason : String(error)),
    );

  test('an e-mail that the mail server refuses is sent later, once', async () => {
    await accounts.signUp({ email, name: 'Ada', password: PASSWORD }, testCall());
    await eventually(() => assert.ok(bench.logLines.some(({ msg }) => msg === 'an e-mail was not sent')));
    assert.ok(!JSON.stringify(bench.logLines).includes(email), 'no personal data in the log');
    clock.advance(61_000);
    await eventually(() =>
      assert.equal(bench.logLines.filter(({ msg }) => msg === 'an e-mail was not sent').length, 2),
    );
    assert.ok(!JSON.stringify(bench.logLines).includes(email), 'no personal data in the log');
    clock.advance(121_000);
    await eventually(() => assert.equal(mail.received.length, 1));
    const [{ to, text: content } = assert.fail()] = mail.received;
    assert.deepEqual(to, [email]);
    assert.match(content, /^Subject: Confirm your e-mail address/m);
    const token = /token=3D([\w-]+(?:=\r\n[\w-]+)?)/.exec(content)?.[1]?.replace('=\r\n', '') ?? '';
    const { tokens } = await accounts.verifyEmail({ token, password: PASSWORD }, testCall());
    assert.ok(tokens);
    await eventually(async () => assert.deepEqual(await bench.counts('mail'), [0]));
    assert.equal(mail.received.length, 1);
    const [event] = await bench.outbox(tokens.accountId);
    assert.equal(event?.event_type, 'account_created');
  });

  test('tokens are verified with the published keys, whose files only their owner can read', async () => {
    const { tokens } = await login(PASSWORD);
    const { json } = await accounts.getKeySet({}, testCall());
    const keys = createLocalJWKSet(JSON.parse(json) as JSONWebKeySet);
    const { payload } = await jwtVerify(tokens?.accessToken ?? '', keys, {
      typ: 'at+jwt',
      currentDate: new Date(clock.now()),
    });
    assert.equal(payload.sub, tokens?.accountId);
    assert.deepEqual(await readdir(tokenKeys), ['0001.pem']);
    assert.equal((await stat(join(tokenKeys, '0001.pem'))).mode & 0o777, 0o600);
  });

  test('a rotated key signs after a minute; the keys before it are removed when no token of theirs is valid', async () => {
    const kidOf = async (): Promise<string> => (await readSigningKeys(tokenKeys)).kid;
    const age = (name: string, minutes: number): Promise<void> => {
      const at = new Date(Date.now() - minutes * 60_000);
      return utimes(join(tokenKeys, name), at, at);
    };
    await age('0001.pem', 10);
    const first = await kidOf();
    assert.deepEqual(await rotateSigningKeys(tokenKeys), { added: '0002.pem', removed: [] });
    assert.equal(await kidOf(), first, 'all processes publish the new key first');
    await age('0002.pem', 2);
    assert.notEqual(await kidOf(), first);
    const { keySet } = await readSigningKeys(tokenKeys);
    assert.ok(keySet.keys.some(({ kid }) => kid === first));
    assert.deepEqual(await rotateSigningKeys(tokenKeys), { added: '0003.pem', removed: [] });
    await age('0003.pem', 62);
    const removed = ['0001.pem', '0002.pem'];
    assert.deepEqual(await rotateSigningKeys(tokenKeys), { added: '0004.pem', removed });
  });

  test('a hash with weaker parameters is replaced at the next sign-in', async () => {
    const nonce = Buffer.from('0123456789abcdef');
    const cost = { memory: 8_192, passes: 1, parallelism: 1 };
    const tag = argon2Sync('argon2id', { ...cost, message: PASSWORD, nonce, tagLength: 32 });
    const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
    const outdated = `$argon2id$v=19$m=8192,t=1,p=1$${base64(nonce)}$${base64(tag)}`;
    await bench.rows('UPDATE credential SET password_hash = $1', [outdated]);
    await login(PASSWORD);
    const [row] = await bench.rows<{ password_hash: string }>('SELECT password_hash FROM credential');
    assert.match(row?.password_hash ?? '', /\$m=19456,t=2,p=1\$/);
    await login(PASSWORD);
  });

  test('10,000 guesses in 15 minutes cause at most 20 hash checks; the session of the owner continues', async () => {
    const { tokens } = await login(PASSWORD);
    const outcomes = new Map<string, number>();
    const count = async (guess: number): Promise<void> => {
      const reason = await reasonOf(login(`guess ${guess}`));
      outcomes.set(reason, (outcomes.get(reason) ?? 0) + 1);
    };
    // Ten at a time, so that concurrent guesses count as well.
    for (let guess = 0; guess < 10_000; guess += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => count(guess + index)));
      clock.advance(900);
    }
    const checked = outcomes.get('INVALID_CREDENTIALS') ?? 0;
    assert.ok(checked >= 5 && checked <= 20, `${checked} checks`);
    assert.equal(outcomes.get('TOO_MANY_ATTEMPTS'), 10_000 - checked);
    const refreshed = await accounts.refreshSession({ refreshToken: tokens?.refreshToken ?? '' }, testCall());
    assert.ok(refreshed.tokens);
  });

  test('sessions end 30 days after the last refresh, and 90 days after the start', async () => {
    const DAY_MS = 86_400_000;
    clock.advance(DAY_MS);
    const start = async (): Promise<string> => (await login(PASSWORD)).tokens?.refreshToken ?? '';
    const refresh = async (refreshToken: string): Promise<string> =>
      (await accounts.refreshSession({ refreshToken }, testCall())).tokens?.refreshToken ?? '';
    const idle = await start();
    let active = await start();
    for (const _ of [1, 2, 3]) {
      clock.advance(29 * DAY_MS);
      active = await refresh(active);
    }
    assert.equal(await reasonOf(refresh(idle)), 'INVALID_TOKEN');
    clock.advance(3 * DAY_MS + 1);
    assert.equal(await reasonOf(refresh(active)), 'INVALID_TOKEN');
  });

  /** Replaces the token of the only sign-up of an address, which is in the e-mail. */
  async function setToken(address: string, token: string): Promise<void> {
    const hash = createHash('sha256').update(token).digest();
    await bench.rows('UPDATE pending_sign_up SET token_hash = $2 WHERE email = $1', [address, hash]);
  }

  async function newAccount(address: string, password: string): Promise<void> {
    await accounts.signUp({ email: address, name: 'Ada', password }, testCall());
    await setToken(address, `token of ${address}`);
    await accounts.verifyEmail({ token: `token of ${address}`, password }, testCall());
  }

  test('no session that began with the old password survives a reset at the same time', async () => {
    const address = 'race@shop.example';
    await newAccount(address, PASSWORD);
    let survivors = 0;
    for (let round = 0; round < 10; round++) {
      const [from, to] = [`${PASSWORD}${round || ''}`, `${PASSWORD}${round + 1}`];
      await bench.rows('DELETE FROM attempt', []);
      await accounts.requestPasswordReset({ email: address }, testCall());
      const token = `reset ${round}`;
      const hash = createHash('sha256').update(token).digest();
      await bench.rows('UPDATE password_reset SET token_hash = $1', [hash]);
      const logins = Array.from({ length: 4 }, () =>
        accounts.login({ email: address, password: from }, testCall()).catch(() => ({ tokens: undefined })),
      );
      const reset = accounts.resetPassword({ token, newPassword: to }, testCall());
      const signedIn = await Promise.all(logins);
      await reset;
      for (const { tokens } of signedIn) {
        const { refreshToken } = tokens ?? {};
        if (refreshToken === undefined) continue;
        const outcome = await reasonOf(accounts.refreshSession({ refreshToken }, testCall()));
        if (outcome === 'OK') survivors += 1;
      }
    }
    assert.equal(survivors, 0);
  });

  test('a session is not stored for a password that was changed since it was checked', async () => {
    const address = 'changed@shop.example';
    await newAccount(address, PASSWORD);
    const database = stack.use(openDatabase({ url: bench.url, name: 'test', telemetry: createTelemetry() }));
    const credential = await createIdentityStore(database).credentialByEmail(address);
    const { accountId = '', passwordHash = '' } = credential ?? {};
    const { session } = newSession({ clock, keys: () => assert.fail() }, accountId);
    const store = createSessionStore(database);
    await bench.rows("UPDATE credential SET password_hash = 'changed' WHERE account_id = $1", [accountId]);
    assert.equal(await store.createSession(session, passwordHash), false);
    assert.equal(
      await store.createSession(session, 'changed'),
      true,
      'known-bad twin: without the condition',
    );
  });

  test('an e-mail change is not stored for a password that was changed, and a reset cancels it', async () => {
    const address = 'moving@shop.example';
    await newAccount(address, PASSWORD);
    const database = stack.use(openDatabase({ url: bench.url, name: 'test', telemetry: createTelemetry() }));
    const { accountId = '', passwordHash = '' } =
      (await createIdentityStore(database).credentialByEmail(address)) ?? {};
    const emails = createEmailStore(database);
    const tokenHash = createHash('sha256').update('change').digest();
    const expiresAt = new Date(clock.now() + 60_000);
    const change = { accountId, email: 'moved@shop.example', tokenHash, expiresAt };
    const newMails = () => ({
      mail: { id: clock.newId(), recipient: 'moved@shop.example', subject: 'x', body: 'x' },
      mailIfKnown: { subject: 'x', body: 'x' },
    });
    assert.equal(await emails.requestChange({ ...change, passwordHash: 'another' }, newMails()), false);
    assert.equal(await emails.requestChange({ ...change, passwordHash }, newMails()), true);
    await accounts.requestPasswordReset({ email: address }, testCall());
    const hash = createHash('sha256').update('reset').digest();
    await bench.rows('UPDATE password_reset SET token_hash = $2 WHERE account_id = $1', [accountId, hash]);
    await accounts.resetPassword({ token: 'reset', newPassword: 'a new password' }, testCall());
    const left = await bench.rows('SELECT FROM email_change WHERE account_id = $1', [accountId]);
    assert.equal(left.length, 0);
  });

  test('a sign-up by somebody else does not end that of the owner of the address', async () => {
    const address = 'contested@shop.example';
    await accounts.signUp({ email: address, name: 'Owner', password: PASSWORD }, testCall());
    await setToken(address, 'the token of the owner');
    await accounts.signUp({ email: address, name: 'Other', password: 'another password' }, testCall());
    const owner = { token: 'the token of the owner', password: PASSWORD };
    assert.ok((await accounts.verifyEmail(owner, testCall())).tokens);
    const left = await bench.rows('SELECT FROM pending_sign_up WHERE email = $1', [address]);
    assert.equal(left.length, 0);
  });

  test('spellings of a domain are one address', async () => {
    await newAccount('spelling@shop.example', PASSWORD);
    for (const spelling of ['Spelling@SHOP.example', 'spelling@ｓhop.example', 'spelling@shop。example'])
      assert.ok((await accounts.login({ email: spelling, password: PASSWORD }, testCall())).tokens, spelling);
    for (const wrong of [
      'a@b',
      '@shop.example',
      'a b@shop.example',
      'a@shop.example,b@shop.example',
      'a@x y',
    ])
      assert.equal(
        await reasonOf(accounts.login({ email: wrong, password: PASSWORD }, testCall())),
        'INVALID_ARGUMENT',
        wrong,
      );
  });
});
