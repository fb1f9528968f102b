import { availableParallelism } from 'node:os';
import { newHash, matchesHash } from '#account/identity/password-hash.ts';
import type { Call } from '#platform/call.ts';
import { createCostGate } from '#platform/cost-gate.ts';
import { invalid } from '#platform/errors.ts';

/** NIST SP 800-63B-4, section 3.1.1.2, and OWASP ASVS 5.0, 6.2.1 and 6.2.9. */
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 128;

/** Hashes that wait for a core; further ones are refused with RESOURCE_EXHAUSTED. */
const WAITING_MAX = 16;
/** The hash of a password that nobody has, so that an unknown e-mail address costs the same time as a wrong password. */
const NO_PASSWORD = await newHash(crypto.randomUUID());

/** One core is left to other work. */
const gate = createCostGate(Math.max(1, availableParallelism() - 1), WAITING_MAX);

/** Checks the length of a new password in characters. Any characters are allowed, and none is required. */
export function requireNewPassword(field: string, value: string): string {
  const length = value.length > 2 * PASSWORD_LENGTH_MAX ? value.length : Array.from(value).length;
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX || !value.isWellFormed())
    throw invalid(field, `must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters`);
  return value;
}

/** Returns the hash of a password. */
export function hashPassword(password: string, call: Call): Promise<string> {
  return gate.run(1, call, () => newHash(normal(password)));
}

/** Whether the password has this hash. Without a hash, takes as long and returns false. */
export async function isPassword(
  password: string,
  passwordHash: string | undefined,
  call: Call,
): Promise<boolean> {
  if (password.length > 2 * PASSWORD_LENGTH_MAX) return false;
  const matches = await gate.run(1, call, () => matchesHash(normal(password), passwordHash ?? NO_PASSWORD));
  return matches && passwordHash !== undefined;
}

/** The same characters have the same bytes on every keyboard. */
function normal(password: string): string {
  return password.normalize('NFKC');
}
