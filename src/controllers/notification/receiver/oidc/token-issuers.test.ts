import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import { TestIssuer } from '../../../../../test/support/webhook-world.ts';
import { HttpCaller } from '../../../../auth/http.ts';
import { systemClock } from '../../../../lib/clock.ts';
import { CallRefused } from '../webhook-call.ts';
import { bearerToken, TokenIssuers } from './token-issuers.ts';
import { unverifiedClaims } from './verify-token.ts';

const audience = 'notification-controller';
const { signal } = new AbortController();

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token without jose's help, for what it would not make. */
function forged(header: unknown, claims: unknown, sign: (text: string) => Buffer = () => Buffer.alloc(0)): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${sign(text).toString('base64url')}`;
}

describe('a token', () => {
  const issuer = new TestIssuer();
  const issuers = new TokenIssuers(issuer, systemClock);
  const claims = { iss: issuer.url, aud: audience, exp: 4_000_000_000 };
  const pem = issuer.publicKey.export({ type: 'spki', format: 'pem' });
  const jwk = JSON.stringify(issuer.publicKey.export({ format: 'jwk' }));
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

  it('of the issuer gives its claims', async () => {
    const { sub } = await issuers.verify(await issuer.token({ sub: 'me' }), issuer.url, audience, signal);
    assert.equal(sub, 'me');
  });

  it('need not name its key', async () => {
    const rotating = new TestIssuer();
    rotating.otherKeys = [generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey];
    const verify = (token: string) =>
      new TokenIssuers(rotating, systemClock).verify(token, rotating.url, audience, signal);
    assert.equal((await verify(await rotating.token({ sub: 'me' }, { kid: null })))['sub'], 'me');
    await assert.rejects(async () => verify(await rotating.token({}, { kid: null, key: stranger })), CallRefused);
  });

  const refused: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['signed by nobody', () => forged({ alg: 'none' }, claims)],
    ['signed by nobody, in other letters', () => forged({ alg: 'NoNe', kid: 'one' }, claims)],
    ['without an algorithm', () => forged({ kid: 'one' }, claims)],
    [
      'signed with the public key as if it were a secret',
      () => forged({ alg: 'HS256', kid: 'one' }, claims, (text) => createHmac('sha256', pem).update(text).digest()),
    ],
    [
      'signed with the published key as if it were a secret',
      () => forged({ alg: 'HS256', kid: 'one' }, claims, (text) => createHmac('sha256', jwk).update(text).digest()),
    ],
    ['signed by somebody else', () => issuer.token({}, { key: stranger })],
    ['with a key that is not published', () => issuer.token({}, { key: stranger, kid: 'two' })],
    ['whose algorithm the issuer does not use', () => issuer.token({}, { alg: 'PS256' })],
    ['whose signature is cut short', async () => (await issuer.token({})).slice(0, -4)],
    [
      'whose claims were changed',
      async () => {
        const [head, , signature] = (await issuer.token({ sub: 'me' })).split('.');
        return `${head}.${part({ ...claims, sub: 'you' })}.${signature}`;
      },
    ],
    ['whose key it brings along', () => forged({ alg: 'RS256', jwk: JSON.parse(jwk), kid: 'two' }, claims)],
    ['with extensions that must be understood', () => forged({ alg: 'RS256', kid: 'one', crit: ['x'], x: 1 }, claims)],
    ['of another issuer with the same keys', () => issuer.token({ iss: 'https://other.example' })],
    ['without claims', () => forged({ alg: 'RS256', kid: 'one' }, null)],
  ];
  for (const [name, token] of refused) {
    it(`${name} is refused`, async () => {
      await assert.rejects(async () => issuers.verify(await token(), issuer.url, audience, signal), CallRefused);
    });
  }

  it('whose issuer says it signs with secrets is refused all the same', async () => {
    const careless = new TestIssuer();
    careless.metadata = { id_token_signing_alg_values_supported: ['none', 'HS256'] };
    const secret = careless.publicKey.export({ type: 'spki', format: 'pem' });
    const token = forged({ alg: 'HS256', kid: 'one' }, claims, (text) =>
      createHmac('sha256', secret).update(text).digest(),
    );
    await assert.rejects(
      new TokenIssuers(careless, systemClock).verify(token, careless.url, audience, signal),
      CallRefused,
    );
  });

  it('of an issuer that calls itself another is refused', async () => {
    const liar = new TestIssuer();
    liar.metadata = { issuer: 'https://other.example' };
    const token = await liar.token({});
    await assert.rejects(new TokenIssuers(liar, systemClock).verify(token, liar.url, audience, signal), CallRefused);
  });

  it('is looked into whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => `a.${Buffer.from(text).toString('base64url')}.b`),
        ),
        (text) => {
          try {
            unverifiedClaims(text);
          } catch (error) {
            assert.ok(error instanceof CallRefused);
          }
        },
      ),
    );
    for (const header of ['', 'Bearer', 'Bearer ', 'bearer x', 'Basic x', 'BearerX']) {
      assert.throws(() => bearerToken(header), CallRefused);
    }
  });
});

describe('issuers', () => {
  const keys = (issuer: TestIssuer) => issuer.asked.filter((url) => url.endsWith('/keys')).length;
  const discoveries = (issuer: TestIssuer) => issuer.asked.length - keys(issuer);

  it('are asked once for many calls, and again after some minutes', async () => {
    const issuer = new TestIssuer();
    const clock = new ManualClock(Date.now());
    const issuers = new TokenIssuers(issuer, clock);
    const token = await issuer.token({ exp: 4_000_000_000 });
    const verify = () => issuers.verify(token, issuer.url, audience, signal);
    await Promise.all([verify(), verify(), verify()]);
    await verify();
    assert.deepEqual([discoveries(issuer), keys(issuer)], [1, 1]);
    clock.advance(301_000);
    await verify();
    assert.deepEqual([discoveries(issuer), keys(issuer)], [1, 2]);
    clock.advance(301_000);
    await verify();
    assert.deepEqual([discoveries(issuer), keys(issuer)], [2, 3]);
  });

  it('cannot be made to answer for every token with an unknown key', async () => {
    const issuer = new TestIssuer();
    const clock = new ManualClock(Date.now());
    const issuers = new TokenIssuers(issuer, clock);
    const token = await issuer.token({ exp: 4_000_000_000 }, { kid: 'unknown' });
    const verify = () => assert.rejects(issuers.verify(token, issuer.url, audience, signal), CallRefused);
    for (let n = 0; n < 20; n++) await verify();
    assert.equal(keys(issuer), 1);
    clock.advance(31_000);
    for (let n = 0; n < 20; n++) await verify();
    assert.equal(keys(issuer), 2);
  });

  it('at addresses of the machine and of metadata services are not asked', async () => {
    const http = new HttpCaller();
    const issuers = new TokenIssuers(http, systemClock);
    for (const issuer of [
      'http://169.254.169.254/latest',
      'http://127.0.0.1:1',
      'http://[::1]:1',
      'http://[::ffff:169.254.169.254]',
    ]) {
      const error = await issuers.verify('a.b.c', issuer, audience, signal).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      assert.match(error?.message ?? '', /is an address of the machine itself/, issuer);
    }
    await http.close();
  });
});
