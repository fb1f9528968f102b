import { fileURLToPath } from 'node:url';
import { accountSettings } from '#account/config.ts';
import { createEmailStore } from '#account/identity/email-store.ts';
import { createMailer, sendMails } from '#account/identity/mailer.ts';
import { createMailStore } from '#account/identity/mail-store.ts';
import { createSessionStore } from '#account/identity/session-store.ts';
import {
  readSigningKeys,
  reloadSigningKeys,
  temporarySigningKeys,
  type SigningKeys,
} from '#platform/auth/signing-keys.ts';
import { createIdentityStore } from '#account/identity/store.ts';
import { createThrottle } from '#account/identity/throttle-store.ts';
import { AccountService } from '#account/pb/account_pb.js';
import { accountHandlers } from '#account/rpc.ts';
import { createStore } from '#account/store.ts';
import { checkSession } from '#account/identity/sessions.ts';
import type { Call } from '#platform/call.ts';
import { createTokenVerifier } from '#platform/auth/verify-token.ts';
import { StartError } from '#platform/errors.ts';
import { repeat } from '#platform/events/repeat.ts';
import { implement } from '#platform/rpc.ts';
import {
  defineService,
  openServiceDatabase,
  type ServiceDeps,
  type StartedService,
} from '#platform/service.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
const DELETE_INTERVAL_MS = 3_600_000;

interface AccountConfig {
  readonly databaseUrl: string;
  /** A folder; undefined: a key that ends with the process. */
  readonly tokenKeys?: string | undefined;
  readonly mailUrl?: string | undefined;
  readonly mailFrom?: string;
  readonly shopUrl?: string;
}

export const service = defineService({
  name: 'account',
  settings: accountSettings,
  start(config, _, deps, stack) {
    const { TOKEN_KEYS: tokenKeys, MAIL_URL: mailUrl } = config;
    if (config.NODE_ENV === 'production')
      requireProductionSettings({ TOKEN_KEYS: tokenKeys, MAIL_URL: mailUrl });
    const { ACCOUNT_DATABASE_URL: databaseUrl, MAIL_FROM: mailFrom } = config;
    const shopUrl = config.SHOP_URL.replace(/\/+$/, '');
    return startAccount({ databaseUrl, tokenKeys, mailUrl, mailFrom, shopUrl }, deps, stack);
  },
});

/** Their defaults would end all sessions at a restart, and write secrets to the log. */
function requireProductionSettings(settings: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.keys(settings).filter((name) => settings[name] === undefined);
  if (missing.length > 0) throw new StartError(`with NODE_ENV=production, set ${missing.join(' and ')}.`);
}

/** Starts the account service on its database. `stack` stops it. */
export async function startAccount(
  config: AccountConfig,
  deps: ServiceDeps,
  stack: AsyncDisposableStack,
): Promise<StartedService<typeof AccountService>> {
  const { tokenKeys, mailUrl = 'log:', mailFrom = 'Fritzy <shop@localhost>' } = config;
  const { shopUrl = 'http://localhost:8000' } = config;
  const { clock, logger } = deps;
  let signingKeys: SigningKeys =
    tokenKeys === undefined ? await temporarySigningKeys() : await readSigningKeys(tokenKeys);
  if (tokenKeys !== undefined)
    stack.use(reloadSigningKeys(tokenKeys, logger, (read) => void (signingKeys = read)));
  const own = { name: 'account', url: config.databaseUrl, migrations: MIGRATIONS };
  const { database, background, idempotency } = await openServiceDatabase(own, deps, stack);
  const sessions = createSessionStore(database);
  const identity = {
    store: createIdentityStore(database),
    emails: createEmailStore(database),
    sessions,
    throttle: createThrottle(database, clock),
    clock,
    logger,
    keys: () => signingKeys,
    shopUrl,
  };
  const mails = createMailStore(background);
  stack.use(sendMails({ mails, clock, logger }, createMailer(mailUrl, mailFrom, logger)));
  stack.use(
    repeat(DELETE_INTERVAL_MS, logger, 'deleting expired sign-ups and sessions', () =>
      createIdentityStore(background).deleteOld(new Date(clock.now())),
    ),
  );
  const handlers = accountHandlers({ store: createStore(database), idempotency, clock, identity });
  const issuer = {
    keySet: async () => signingKeys.keySet,
    isActive: (id: string, call: Call) => checkSession(identity, { id }, call),
  };
  return {
    implementation: implement(deps, AccountService, handlers),
    ready: database.ping,
    tokens: createTokenVerifier(issuer, clock),
  };
}
