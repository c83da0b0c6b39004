import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError } from '../../../../test/support/fake-client.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { Client } from '../../../kube/client.ts';
import { Fault } from '../../../runtime/fault.ts';
import { readAccess } from './access.ts';
import { gitRepository } from './testing.ts';

const never = new AbortController().signal;

/** Has the one Secret `creds`. */
function clientWith(data: Readonly<Record<string, string>>): Client {
  const get = ({ plural }: { plural: string }, { name }: { name: string }) => {
    if (name !== 'creds') return Promise.reject(apiError(404, 'NotFound', `${plural} "${name}" not found`));
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    return Promise.resolve({ data: Object.fromEntries(encoded) });
  };
  return { get } as unknown as Client;
}

function read(data: Readonly<Record<string, string>>, spec: Partial<GitRepository['spec']> = {}) {
  return readAccess(gitRepository({ secretRef: { name: 'creds' }, ...spec }), clientWith(data), never);
}

const url = 'https://git.example.com/repo';

describe('readAccess', () => {
  const accepted: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    Partial<GitRepository['spec']>,
    object,
  ])[] = [
    ['a user name and password', { username: 'u', password: 'p' }, {}, { url, auth: { username: 'u', password: 'p' } }],
    ['a user name alone', { username: 'u' }, {}, { url, auth: { username: 'u', password: '' } }],
    ['a Secret about something else', { x: 'y' }, {}, { url }],
    ['a bearer token before a user name', { bearerToken: 't', username: 'u' }, {}, { url, auth: { bearerToken: 't' } }],
    [
      'what the URL says where the Secret is silent',
      { password: 'p' },
      { url: 'https://a%40b:x@git.example.com' },
      { url: 'https://a%40b:x@git.example.com', auth: { username: 'a@b', password: 'p' } },
    ],
    ['ca.crt before caFile', { 'ca.crt': 'new', caFile: 'old' }, {}, { url, tls: { ca: Buffer.from('new') } }],
    ['caFile', { caFile: 'old' }, {}, { url, tls: { ca: Buffer.from('old') } }],
    [
      'a client certificate',
      { 'tls.crt': 'c', 'tls.key': 'k' },
      {},
      { url, tls: { cert: Buffer.from('c'), key: Buffer.from('k') } },
    ],
    [
      'a proxy with credentials',
      { address: 'http://proxy:3128', username: 'u', password: 'p' },
      { proxySecretRef: { name: 'creds' }, secretRef: undefined as never },
      { url, proxy: { url: 'http://proxy:3128', username: 'u', password: 'p' } },
    ],
  ];
  for (const [what, data, spec, want] of accepted) {
    it(`takes ${what}`, async () => assert.deepEqual(await read(data, spec), want));
  }

  const proxy = { proxySecretRef: { name: 'creds' }, secretRef: undefined as never };
  const refused: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    Partial<GitRepository['spec']>,
    object,
  ])[] = [
    [
      'a missing Secret',
      {},
      { secretRef: { name: 'ghost' } },
      {
        reason: 'AuthenticationFailed',
        message: `failed to get secret 'apps/ghost': failed to get secret 'apps/ghost': secrets "ghost" not found`,
      },
    ],
    [
      'a password without a user name',
      { password: 'p' },
      {},
      {
        reason: 'AuthenticationFailed',
        message: `failed to configure authentication options: invalid 'https' auth option: 'password' requires 'username' to be set`,
      },
    ],
    ['a certificate without its key', { 'tls.crt': 'c' }, {}, { reason: 'AuthenticationFailed' }],
    [
      'app data without the provider',
      { githubAppID: '1' },
      {},
      { faultClass: 'retry', reason: 'InvalidProviderConfiguration' },
    ],
    [
      'the provider without app data',
      {},
      { provider: 'github' },
      { faultClass: 'retry', reason: 'InvalidProviderConfiguration' },
    ],
    [
      'app data',
      { githubAppID: '1' },
      { provider: 'github' },
      { faultClass: 'stalled', reason: 'InvalidProviderConfiguration' },
    ],
    ['a malformed URL', {}, { url: 'https://' }, { faultClass: 'stalled', reason: 'URLInvalid' }],
    ['a proxy Secret without address', {}, proxy, { message: /secret 'apps\/creds': key 'address' not found$/ }],
    ['an empty proxy address', { address: '' }, proxy, { message: /proxy address is empty$/ }],
    ['another proxy scheme', { address: 'ftp://x' }, proxy, { message: /got 'ftp'$/ }],
    [
      'a missing proxy Secret',
      {},
      { proxySecretRef: { name: 'ghost' } },
      { message: /secret 'apps\/ghost' not found$/ },
    ],
  ];
  for (const [what, data, spec, want] of refused) {
    it(`refuses ${what}`, () =>
      assert.rejects(read(data, spec), (error) => {
        assert.ok(error instanceof Fault, String(error));
        assert.equal(error.options.condition, 'FetchFailed');
        const { faultClass, reason, message } = error;
        for (const [field, wanted] of Object.entries(want)) {
          const actual = { faultClass, reason, message }[field as 'message'];
          if (wanted instanceof RegExp) assert.match(actual, wanted);
          else assert.equal(actual, wanted);
        }
        return true;
      }));
  }
});
