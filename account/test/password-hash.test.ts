import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isOutdated, matchesHash, newHash } from '#account/identity/password-hash.ts';

/** From the tests of the reference implementation (github.com/P-H-C/phc-winner-argon2, src/test.c). */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

suite('password hashes', () => {
  test('a hash of another implementation matches its password only', async () => {
    assert.equal(await matchesHash('password', REFERENCE), true);
    assert.equal(await matchesHash('passwore', REFERENCE), false);
  });

  test('a new hash has at least 19 MiB and two passes, and another salt each time', async () => {
    const [one, other] = await Promise.all([newHash('secret'), newHash('secret')]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(one, other);
    assert.equal(await matchesHash('secret', one), true);
    assert.equal(await matchesHash('Secret', one), false);
  });

  test('weaker parameters are outdated', async () => {
    assert.equal(isOutdated(await newHash('secret')), false);
    assert.equal(isOutdated(REFERENCE), false);
    for (const weaker of ['m=19455,t=2,p=1', 'm=19456,t=1,p=1'])
      assert.equal(isOutdated(REFERENCE.replace('m=65536,t=2,p=1', weaker)), true);
  });

  test('a text that is not a hash is an error, not a mismatch', async () => {
    for (const text of ['', 'password', REFERENCE.replace('argon2id', 'argon2i'), `${REFERENCE}=`])
      await assert.rejects(matchesHash('password', text), /not an Argon2id hash/);
  });
});
