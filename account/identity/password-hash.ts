import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Argon2id hashes in PHC format (https://github.com/P-H-C/phc-string-format), as other implementations write them. */

/** The minimum of the OWASP password storage cheat sheet: 19 MiB, two passes, one lane. */
const CURRENT = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]{11,64})\$([\w+/]{22,86})$/;

const derive = promisify(argon2);

/** Returns a hash with the current parameters and a new salt. */
export async function newHash(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES);
  const tag = await derive('argon2id', { ...CURRENT, message: password, nonce, tagLength: TAG_BYTES });
  const { memory, passes, parallelism } = CURRENT;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toBase64(nonce)}$${toBase64(tag)}`;
}

/** Whether the password has the hash. Throws if the text is not a hash. */
export async function matchesHash(password: string, text: string): Promise<boolean> {
  const { nonce, tag, ...cost } = parse(text);
  return timingSafeEqual(
    await derive('argon2id', { ...cost, message: password, nonce, tagLength: tag.length }),
    tag,
  );
}

/** Whether a hash has weaker parameters than the current ones. */
export function isOutdated(text: string): boolean {
  const { memory, passes } = parse(text);
  return memory < CURRENT.memory || passes < CURRENT.passes;
}

function parse(text: string) {
  const [, memory, passes, parallelism, salt = '', tag = ''] = PHC.exec(text) ?? [];
  if (memory === undefined) throw new Error('a stored password hash is not an Argon2id hash in PHC format');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

/** Base64 without padding. */
function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
