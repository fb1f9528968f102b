import { join } from 'node:path';
import { tokenSettings } from '#cmd/token/config.ts';
import { tokenFromKeys } from '#platform/auth/development-token.ts';
import { readConfig } from '#platform/config.ts';
import { runOnce } from '#platform/run.ts';

/**
 * `make token`: prints an access token for the shop whose keys this machine can read, valid for an hour:
 * curl -H "authorization: Bearer $(make -s token)" …
 */
const LIFETIME_S = 3_600;

await runOnce(async () => {
  const { FRITZY_DATA, TOKEN_KEYS, ROLE: role } = readConfig(process.env, tokenSettings);
  const folder = TOKEN_KEYS ?? join(FRITZY_DATA, 'token-keys');
  const token = await tokenFromKeys(folder, { subject: 'make-token', role, lifetimeS: LIFETIME_S });
  process.stdout.write(`${token}\n`);
});
