import { join } from 'node:path';
import { rotateKeysSettings } from '#cmd/rotate-keys/config.ts';
import { rotateSigningKeys } from '#platform/auth/signing-keys.ts';
import { readConfig } from '#platform/config.ts';
import { runOnce } from '#platform/run.ts';

/** `make rotate-keys`: adds a key of access tokens, and removes those that no valid token was signed with. */
await runOnce(async () => {
  const { FRITZY_DATA, TOKEN_KEYS } = readConfig(process.env, rotateKeysSettings);
  const { added, removed } = await rotateSigningKeys(TOKEN_KEYS ?? join(FRITZY_DATA, 'token-keys'));
  const rest = removed.length > 0 ? `; removed ${removed.join(', ')}` : '';
  process.stdout.write(`added ${added}, which signs in a minute${rest}\n`);
});
