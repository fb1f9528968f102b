import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newHash } from '#account/identity/password-hash.ts';
import { startAccount } from '#account/service.ts';
import { HEADINGS, measure, median, perSecond, row, spread, type Measured } from '#bench/measure.ts';
import { startProgram } from '#bench/processes.ts';
import { fillProducts, nodeFlags, PAGE_BODY, shopEnvironment } from '#bench/shop.ts';
import { tokenFromKeys } from '#platform/auth/development-token.ts';
import { createTokenVerifier } from '#platform/auth/verify-token.ts';
import { readSigningKeys } from '#platform/auth/signing-keys.ts';
import { systemClock } from '#platform/clock.ts';
import { startEmbeddedPostgres } from '#platform/postgres/embedded-server.ts';
import { inProcess } from '#platform/rpc.ts';
import { openServiceBench } from '#testkit/service-bench.ts';
import { testCall } from '#testkit/shop.ts';

/**
 * `make bench-sign-in`: the cost of permissions and limits for reads, and whether the time of an answer shows that an e-mail
 * address has an account.
 */
const ROUNDS = 7;
const SECONDS = '2';
const PRODUCTS = 1_000;
const ATTEMPTS = Number(process.argv[2] ?? 500);
const LOOKUPS = 200_000;

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'fritzy-sign-in-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));

const postgres = stack.use(await startEmbeddedPostgres({ folder: join(folder, 'postgres') }));

await measureLookups();
await measureGuard();
await measureTimes();

/** A token that was verified within the last second. */
async function measureLookups(): Promise<void> {
  const keys = join(folder, 'lookup-keys');
  const token = await tokenFromKeys(keys, { subject: 'bench', role: 'service' });
  const { keySet } = await readSigningKeys(keys);
  const verifier = createTokenVerifier(
    { keySet: async () => keySet, isActive: async () => true },
    { ...systemClock, elapsedMs: () => 0 },
  );
  const call = testCall();
  await verifier.verify(token, call);
  const times = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    for (let count = 0; count < LOOKUPS; count++) verifier.known(token);
    return ((performance.now() - startedMs) * 1_000) / LOOKUPS;
  });
  console.log(`verification of a known token: ${median(times).toFixed(2)} µs\n`);
}

/** The page of row (b) with an access token, permissions and limits, against the same page without them, on one core. */
async function measureGuard(): Promise<void> {
  const main = [...(await nodeFlags()), fileURLToPath(new URL('../cmd/fritzy/main.ts', import.meta.url))];
  const keys = join(folder, 'keys');
  const start = async (name: string, settings: Record<string, string>) => {
    const env = { ...(await shopEnvironment(postgres, join(folder, name), name)), TOKEN_KEYS: keys };
    // Products are added before permissions and limits apply.
    {
      await using filling = await startProgram(main, { env });
      await fillProducts(`http://127.0.0.1:${filling.port}`, PRODUCTS);
    }
    return startProgram(main, { core: 0, env: { ...env, ...settings } });
  };
  await using open = await start('open', {});
  await using guarded = await start('guarded', {
    ACCESS: 'enforced',
    RATE_LIMIT: 'on',
    RATE_LIMIT_ACCOUNT: '1000000',
  });
  const token = await tokenFromKeys(keys, { subject: 'bench', role: 'support', lifetimeS: 3_600 });
  const bodiesFile = join(folder, 'page.json');
  await writeFile(bodiesFile, JSON.stringify([PAGE_BODY]));
  const slice = { bodiesFile, seconds: SECONDS, core: 1 };
  const header = `authorization: Bearer ${token}`;
  const rounds: { plain: Measured; checked: Measured }[] = [];
  await measure(open, slice);
  await measure(guarded, { ...slice, header });
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ plain: await measure(open, slice), checked: await measure(guarded, { ...slice, header }) });
  const plain = rounds.map((one) => one.plain);
  const checked = rounds.map((one) => one.checked);
  const ratios = rounds.map((one) => one.checked.requestsPerSecond / one.plain.requestsPerSecond);
  console.log(HEADINGS);
  console.log(
    row('(h1) a page of products without token, permissions and limits', perSecond(plain), { runs: plain }),
  );
  console.log(
    row('(h) the same with them', perSecond(checked), { runs: checked, against: spread(ratios, 'h1') }),
  );
}

/** Answers for addresses with an account against those without one, one at a time and in turn. */
async function measureTimes(): Promise<void> {
  // Durable, as in a shop: a commit takes its real time.
  process.env['FRITZY_TEST_POSTGRES'] = postgres.url('postgres');
  const bench = await openServiceBench('account', stack);
  const { implementation } = await startAccount(
    { databaseUrl: bench.url, mailUrl: 'log:' },
    bench.deps,
    stack,
  );
  const accounts = inProcess(implementation);
  await bench.rows(
    `WITH added AS (
      INSERT INTO account (id, name, created_at) SELECT uuidv7(), 'Known ' || n, now() FROM generate_series(1, $1) AS n
      RETURNING id, name
    )
    INSERT INTO credential (account_id, email, password_hash)
    SELECT id, 'known' || substr(name, 7) || '@shop.example', $2 FROM added`,
    [ATTEMPTS, await newHash('correct horse battery')],
  );
  const requests: Readonly<Record<string, (email: string) => Promise<unknown>>> = {
    login: (email) => accounts.login({ email, password: 'another password' }, testCall()),
    signUp: (email) => accounts.signUp({ email, name: 'Ada', password: 'another password' }, testCall()),
    requestPasswordReset: (email) => accounts.requestPasswordReset({ email }, testCall()),
  };
  console.log(
    `\n${ATTEMPTS} addresses with an account and ${ATTEMPTS} without one, median time of an answer in ms`,
  );
  for (const [name, send] of Object.entries(requests)) {
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let index = 1; index <= ATTEMPTS; index++) {
      // In turn, and each first half of the time.
      const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
      for (const kind of order) {
        const startedMs = performance.now();
        await send(`${kind}${index}@shop.example`).catch(() => {});
        times[kind].push(performance.now() - startedMs);
      }
    }
    const [known, unknown] = [median(times.known), median(times.unknown)];
    const difference = (100 * Math.abs(known - unknown)) / unknown;
    console.log(
      `${name.padEnd(22)} ${known.toFixed(2).padStart(8)} ${unknown.toFixed(2).padStart(8)}   difference ${difference.toFixed(1)} %`,
    );
  }
}
