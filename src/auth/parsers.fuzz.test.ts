import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AuthError } from './auth-error.ts';
import { credentialsFromFile } from './aws/default-credentials.ts';
import { awsEndpoint } from './aws/region.ts';
import { knownAuthority } from './azure/clouds.ts';
import { clusterServer } from './cluster-provider.ts';
import { parseKey } from './gcp/oauth.ts';
import { serviceAccountOf } from './generic/provider.ts';
import { claimsOf } from './jwt.ts';

const options = { seed: 20261122, numRuns: 500 };

/** Runs a parser; what it throws must be an AuthError. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    assert.ok(error instanceof AuthError, String(error));
    return undefined;
  }
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json());
const dotted = fc.array(fc.oneof(fc.base64String(), fc.string()), { maxLength: 5 }).map((parts) => parts.join('.'));
const hostile = fc
  .array(fc.constantFrom('us', 'east', '-', '1', '.', '/', '@', '#', '?', ':', '%2f', 'evil', '\\', ' ', 'é'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

describe('what others wrote', () => {
  it('never makes a parser fail in another way, nor show a secret', () => {
    const secret = 'hunter2-hunter2';
    fc.assert(
      fc.property(fc.oneof(text, dotted), (given) => {
        const withSecret = `${given}${secret}`;
        for (const parse of [parseKey, (value: string) => credentialsFromFile(value, 'default'), claimsOf]) {
          try {
            parse(withSecret);
          } catch (error) {
            assert.ok(error instanceof AuthError);
            assert.ok(!error.message.includes(secret));
          }
        }
        attempt(() => serviceAccountOf(given));
        attempt(() => clusterServer(given));
      }),
      options,
    );
  });

  it('never becomes another host of AWS', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (region) => {
        const endpoint = attempt(() => awsEndpoint('kms', region));
        if (endpoint === undefined) return;
        const { hostname, origin } = new URL(endpoint);
        assert.equal(origin, endpoint);
        assert.match(
          hostname,
          /^kms\.[a-z0-9-]+\.(amazonaws\.(com|com\.cn|eu)|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk)$/,
        );
      }),
      options,
    );
  });

  it('never becomes another authority of Azure', () => {
    fc.assert(
      fc.property(hostile, (suffix) => {
        const origin = attempt(() => knownAuthority(`https://login.microsoftonline.com${suffix}`));
        assert.ok(origin === undefined || origin === 'https://login.microsoftonline.com');
      }),
      options,
    );
  });

  it('is the address of a server by https, or none', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.webUrl(), fc.domain()), (address) => {
        const server = attempt(() => clusterServer(address));
        if (server !== undefined) assert.match(server, /^https:\/\/[^/@?#]+:\d+$/);
      }),
      options,
    );
  });
});
