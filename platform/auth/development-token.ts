import { LIFETIME_S } from '#platform/auth/access-token.ts';
import type { Role } from '#platform/auth/roles.ts';
import { signToken } from '#platform/auth/sign-token.ts';
import { readSigningKeys } from '#platform/auth/signing-keys.ts';

/** Signs tokens of programs. Whoever can read the keys of a shop can do everything in it. */
export async function tokenFromKeys(
  folder: string,
  { subject, role, lifetimeS = LIFETIME_S }: { subject: string; role: Role; lifetimeS?: number },
): Promise<string> {
  const keys = await readSigningKeys(folder);
  return signToken(keys, { subject, roles: [role] }, { nowMs: Date.now(), lifetimeS });
}

/** A token of an administrator for the playground of a development machine. */
export const developmentToken = (folder: string): Promise<string> =>
  tokenFromKeys(folder, { subject: 'playground', role: 'admin' });
