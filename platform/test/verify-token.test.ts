import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { suite, test } from 'node:test';
import { exportJWK, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { AUDIENCE, ISSUER } from '#platform/auth/access-token.ts';
import { createTokenVerifier, type TokenVerifier } from '#platform/auth/verify-token.ts';
import { AppError } from '#platform/errors.ts';
import { Principal } from '#platform/principal.ts';
import { fakeClock, testCall } from '#testkit/shop.ts';

/** Attacks with access tokens. e2e/identity.test.ts has tokens in the API. */

const CLAIMS = { sub: 'account', sid: 'session', jti: 'token', roles: ['customer'] };
const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const key = newKey();
const otherKey = newKey();
const clock = fakeClock();
const nowS = (): number => Math.floor(clock.now() / 1_000);

async function publicJwk(of: KeyObject, kid: string): Promise<JWK> {
  const { kty, n, e } = await exportJWK(of);
  return { kty, n, e, kid, alg: 'RS256', use: 'sig' } as JWK;
}

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const validClaims = () => ({ ...CLAIMS, iss: ISSUER, aud: AUDIENCE, iat: nowS(), exp: nowS() + 600 });

function sign(
  claims: object = {},
  header: object = {},
  { by = key, omit = [] }: { by?: KeyObject; omit?: readonly string[] } = {},
): Promise<string> {
  const payload: Record<string, unknown> = { ...validClaims(), ...claims };
  for (const name of omit) delete payload[name];
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key', ...header })
    .sign(by);
}

/** A token with any header and signature. */
const forge = (header: object | string, claims: object | string, signature: string): string =>
  `${encode(header)}.${encode(claims)}.${signature}`;

const HEADER = { alg: 'RS256', typ: 'at+jwt', kid: 'key' };
const jwk = await publicJwk(key, 'key');
const hmac = (header: object, secret: string | Buffer): string => {
  const signed = `${encode(header)}.${encode(validClaims())}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const publicPem = (): string => createPublicKey(key).export({ type: 'spki', format: 'pem' });

const valid = await sign();
const [head = '', body = '', signature = ''] = valid.split('.');
/** The same bits with a different last character: its low bits are ignored by lenient decoders. */
const malleable = (part: string): string => {
  const last = part.at(-1) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? 'A');
};

const ATTACKS: Readonly<Record<string, string | Promise<string>>> = {
  'alg none': forge({ ...HEADER, alg: 'none' }, validClaims(), ''),
  'alg None': forge({ ...HEADER, alg: 'None' }, validClaims(), ''),
  'alg NONE': forge({ ...HEADER, alg: 'NONE' }, validClaims(), ''),
  'alg nOnE': forge({ ...HEADER, alg: 'nOnE' }, validClaims(), ''),
  'alg none with a signature': forge({ ...HEADER, alg: 'none' }, validClaims(), signature),
  'no alg': forge({ typ: 'at+jwt', kid: 'key' }, validClaims(), signature),
  'alg empty': forge({ ...HEADER, alg: '' }, validClaims(), signature),
  'alg a number': forge({ ...HEADER, alg: 256 }, validClaims(), signature),
  'alg a list': forge({ ...HEADER, alg: ['RS256'] }, validClaims(), signature),
  'HS256 with the public key': hmac({ ...HEADER, alg: 'HS256' }, publicPem()),
  'HS256 with the JWK': hmac({ ...HEADER, alg: 'HS256' }, JSON.stringify(jwk)),
  'HS256 with the modulus': hmac({ ...HEADER, alg: 'HS256' }, Buffer.from(jwk.n ?? '', 'base64url')),
  'HS256 with an empty secret': hmac({ ...HEADER, alg: 'HS256' }, ''),
  'RS384 header': forge({ ...HEADER, alg: 'RS384' }, validClaims(), signature),
  'PS256 signature': sign({}, { alg: 'PS256' }),
  'RS512 signature': sign({}, { alg: 'RS512' }),
  'jwk in the header': forge({ ...HEADER, jwk: await publicJwk(otherKey, 'key') }, validClaims(), signature),
  'signed with the jwk in the header': sign({}, { jwk: await publicJwk(otherKey, 'key') }, { by: otherKey }),
  'jku in the header': sign({}, { jku: 'http://127.0.0.1:9/keys' }, { by: otherKey }),
  'x5u in the header': sign({}, { x5u: 'http://127.0.0.1:9/keys' }, { by: otherKey }),
  'x5c in the header': sign({}, { x5c: ['AAAA'] }, { by: otherKey }),
  'crit with an unknown extension': forge({ ...HEADER, crit: ['x'], x: 1 }, validClaims(), signature),
  'b64 false': forge({ ...HEADER, b64: false, crit: ['b64'] }, validClaims(), signature),
  'another key': sign({}, {}, { by: otherKey }),
  'kid a path': sign({}, { kid: '../../../../dev/null' }, { by: otherKey }),
  'kid SQL': sign({}, { kid: "' OR '1'='1" }, { by: otherKey }),
  'kid __proto__': sign({}, { kid: '__proto__' }, { by: otherKey }),
  'kid a URL': sign({}, { kid: 'http://127.0.0.1:9/' }, { by: otherKey }),
  'kid with a line break': sign({}, { kid: 'key\nkey' }, { by: otherKey }),
  'kid empty': sign({}, { kid: '' }, { by: otherKey }),
  'kid of 3,000 characters': sign({}, { kid: 'k'.repeat(3_000) }, { by: otherKey }),
  'empty signature': `${head}.${body}.`,
  'null signature': `${head}.${body}.null`,
  'signature of zeros': `${head}.${body}.${'A'.repeat(signature.length)}`,
  'signature of another token': `${head}.${encode(validClaims())}x.${signature}`,
  'truncated signature': `${head}.${body}.${signature.slice(0, -4)}`,
  'signature with a byte more': `${head}.${body}.${signature}AAAA`,
  'changed subject': `${head}.${encode({ ...validClaims(), sub: 'admin' })}.${signature}`,
  'malleable header': `${malleable(head)}.${body}.${signature}`,
  'malleable claims': `${head}.${malleable(body)}.${signature}`,
  'malleable signature': `${head}.${body}.${malleable(signature)}`,
  'base64 padding': `${head}.${body}.${signature}==`,
  'base64 instead of base64url': valid.replaceAll('-', '+').replaceAll('_', '/').concat('+'),
  'space before': ` ${valid}`,
  'space after': `${valid} `,
  'line break within': `${head}.\n${body}.${signature}`,
  'tab within the signature': `${head}.${body}.${signature.slice(0, 10)}\t${signature.slice(10)}`,
  'four parts': `${valid}.${signature}`,
  'two parts': `${head}.${body}`,
  'one part': head,
  empty: '',
  dots: '..',
  'typ JWT': sign({}, { typ: 'JWT' }),
  'no typ': sign({}, { typ: undefined }),
  'typ of a refresh token': sign({}, { typ: 'rt+jwt' }),
  'another issuer': sign({ iss: 'urn:other' }),
  'an issuer with a suffix': sign({ iss: `${ISSUER}.evil` }),
  'a list of issuers': sign({ iss: [ISSUER] }),
  'no issuer': sign({}, {}, { omit: ['iss'] }),
  'another audience': sign({ aud: 'urn:other' }),
  'audience a number': sign({ aud: 1 }),
  'no audience': sign({}, {}, { omit: ['aud'] }),
  expired: sign({ exp: nowS() - 1 }),
  'exp a text': sign({ exp: String(nowS() + 600) }),
  'exp null': sign({ exp: null }),
  'exp missing': sign({}, {}, { omit: ['exp'] }),
  'not yet valid': sign({ nbf: nowS() + 600 }),
  'nbf a text': sign({ nbf: 'soon' }),
  'iat a text': sign({ iat: 'now' }),
  'iat missing': sign({}, {}, { omit: ['iat'] }),
  'sub missing': sign({}, {}, { omit: ['sub'] }),
  'sub empty': sign({ sub: '' }),
  'sub a number': sign({ sub: 1 }),
  'sub a list': sign({ sub: ['account'] }),
  'sid empty': sign({ sid: '' }),
  'sid null': sign({ sid: null }),
  'sid an object': sign({ sid: { id: 'session' } }),
  'jti missing': sign({}, {}, { omit: ['jti'] }),
  'roles a text': sign({ roles: 'admin' }),
  'roles an object': sign({ roles: { admin: true } }),
  'roles with a number': sign({ roles: [1] }),
  'a revoked session': sign({ sid: 'revoked' }),
  'header not JSON': forge('not JSON', validClaims(), signature),
  'claims not JSON': forge(HEADER, 'not JSON', signature),
  'claims a list': forge(HEADER, '[]', signature),
  'claims null': forge(HEADER, 'null', signature),
  'duplicate claims': forge(HEADER, `{"sub":"account","sub":"admin"}`, signature),
  'NUL bytes': `${head}\0.${body}.${signature}`,
  '100 kB': `${head}.${'A'.repeat(100_000)}.${signature}`,
  '100 kB of dots': '.'.repeat(100_000),
  'an encrypted token': `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`,
};

let keySet: JSONWebKeySet = { keys: [jwk] };
let fetches = 0;
const newVerifier = (): TokenVerifier =>
  createTokenVerifier(
    {
      keySet: async () => {
        fetches += 1;
        return keySet;
      },
      isActive: async (id) => id !== 'revoked',
    },
    clock,
  );

/** The guarantee: the token is refused as UNAUTHENTICATED. */
async function assertRefused(verify: TokenVerifier['verify'], token: string): Promise<void> {
  await assert.rejects(
    async () => verify(token, testCall()),
    (error) => error instanceof AppError && error.reason === 'UNAUTHENTICATED',
  );
}

suite('access tokens', () => {
  const verifier = newVerifier();
  const { verify } = verifier;

  test('a valid token has the principal of its claims, at once when it was verified within a second', async () => {
    assert.equal(verifier.known(valid), undefined);
    const principal = await verify(valid, testCall());
    assert.deepEqual(principal.identity, {
      subject: 'account',
      roles: ['customer'],
      scopes: [],
      sessionId: 'session',
      tenantRegion: undefined,
    });
    assert.equal(verifier.known(valid), principal);
    clock.advance(1_000);
    assert.equal(verifier.known(valid), undefined);
  });

  test(`there are at least 60 attacks: ${Object.keys(ATTACKS).length}`, () => {
    assert.ok(Object.keys(ATTACKS).length >= 60);
  });

  for (const [name, attack] of Object.entries(ATTACKS))
    test(`attack: ${name}`, async () => {
      const token = await attack;
      assert.notEqual(token, valid);
      await assertRefused(verify, token);
      await assertRefused(newVerifier().verify, token);
    });

  test('known-bad twin: a verifier that trusts the claims of a token is caught', async () => {
    const trusting: TokenVerifier['verify'] = async (token) => {
      const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      const { sub: subject = '' } = claims as { sub?: string };
      return Principal.of({ subject, roles: [], scopes: [], tenantRegion: undefined });
    };
    const token = await ATTACKS['alg none'];
    await assert.rejects(assertRefused(trusting, token ?? ''), assert.AssertionError);
  });

  test('tokens with unknown keys cause at most one request for the keys in 30 seconds', async () => {
    const verifier = newVerifier();
    await verifier.verify(await sign(), testCall());
    fetches = 0;
    clock.advance(30_000);
    const unknown = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sign({}, { kid: `new ${index}` }, { by: otherKey })),
    );
    for (const token of unknown) await assertRefused(verifier.verify, token);
    assert.equal(fetches, 1);
    // After a rotation, a token with the new key is accepted as soon as a request is due.
    keySet = { keys: [jwk, await publicJwk(otherKey, 'rotated')] };
    clock.advance(30_000);
    const rotated = await Promise.all(
      [1, 2, 3].map((jti) => sign({ jti: String(jti) }, { kid: 'rotated' }, { by: otherKey })),
    );
    // First uses at the same time share the request.
    await Promise.all(rotated.map((token) => verifier.verify(token, testCall())));
    assert.equal(fetches, 2);
  });

  test('a token that was verified before is refused after its expiry', async () => {
    const verifier = newVerifier();
    const token = await sign({ exp: nowS() + 60 });
    await verifier.verify(token, testCall());
    clock.advance(60_000);
    await assertRefused(verifier.verify, token);
  });
});
