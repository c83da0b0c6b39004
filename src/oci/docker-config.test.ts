import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Credentials } from './credentials.ts';
import { DockerConfig } from './docker-config.ts';
import { OciError } from './oci-error.ts';
import { parseRepository } from './reference.ts';

const auth = (text: string): { readonly auth: string } => ({ auth: Buffer.from(text).toString('base64') });

function lookUp(auths: object, repository: string): Credentials | undefined {
  const config = new DockerConfig();
  config.add(JSON.stringify({ auths }), 'dockerconfigjson');
  return config.credentialsFor(parseRepository(repository));
}

describe('DockerConfig', () => {
  const cases: readonly { name: string; auths: object; repository: string; want: string | undefined }[] = [
    { name: 'the host', auths: { 'ghcr.io': auth('a:b') }, repository: 'ghcr.io/org/app', want: 'a:b' },
    {
      name: 'no other host',
      auths: { 'ghcr.io': auth('a:b') },
      repository: 'ghcr.io.evil.org/org/app',
      want: undefined,
    },
    { name: 'no host below', auths: { 'ghcr.io': auth('a:b') }, repository: 'x.ghcr.io/org/app', want: undefined },
    { name: 'no other port', auths: { 'ghcr.io': auth('a:b') }, repository: 'ghcr.io:5000/org/app', want: undefined },
    { name: 'the port', auths: { 'ghcr.io:5000': auth('a:b') }, repository: 'ghcr.io:5000/org/app', want: 'a:b' },
    {
      name: 'the Docker Hub, as the Docker command writes it',
      auths: { 'https://index.docker.io/v1/': auth('a:b') },
      repository: 'docker.io/org/app',
      want: 'a:b',
    },
    { name: 'a URL', auths: { 'https://ghcr.io/v2/': auth('a:b') }, repository: 'ghcr.io/org/app', want: 'a:b' },
    {
      name: 'the most specific of several',
      auths: { 'ghcr.io': auth('a:a'), 'ghcr.io/org/app': auth('b:b'), 'ghcr.io/org': auth('c:c') },
      repository: 'ghcr.io/org/app',
      want: 'b:b',
    },
    { name: 'no other path', auths: { 'ghcr.io/other': auth('a:b') }, repository: 'ghcr.io/org/app', want: undefined },
    { name: 'a pattern', auths: { '*.example.org': auth('a:b') }, repository: 'r.example.org/org/app', want: 'a:b' },
    {
      name: 'no more parts than a pattern has',
      auths: { '*.example.org': auth('a:b') },
      repository: 'a.b.example.org/org/app',
      want: undefined,
    },
    {
      name: 'a pattern inside a part',
      auths: { 'r-*-?.io': auth('a:b') },
      repository: 'r-eu-1.io/org/app',
      want: 'a:b',
    },
    { name: 'a password with colons', auths: { 'ghcr.io': auth('a:b:c') }, repository: 'ghcr.io/o/a', want: 'a:b:c' },
    {
      name: 'the fields beside auth',
      auths: { 'ghcr.io': { username: 'a', password: 'b' } },
      repository: 'ghcr.io/o/a',
      want: 'a:b',
    },
    {
      name: 'auth before the fields',
      auths: { 'ghcr.io': { username: 'x', password: 'y', ...auth('a:b') } },
      repository: 'ghcr.io/o/a',
      want: 'a:b',
    },
  ];
  for (const { name, auths, repository, want } of cases) {
    it(`knows ${name}`, () => {
      const found = lookUp(auths, repository);
      assert.equal(found === undefined ? undefined : `${found.username}:${found.password}`, want);
    });
  }

  it('keeps tokens apart from passwords', () => {
    assert.deepEqual(lookUp({ 'ghcr.io': { identitytoken: 'i', registrytoken: 'r' } }, 'ghcr.io/o/a'), {
      identityToken: 'i',
      registryToken: 'r',
    });
    assert.deepEqual(lookUp({ 'ghcr.io': {} }, 'ghcr.io/o/a'), {});
  });

  it('reads several files, of both kinds', () => {
    const config = new DockerConfig();
    config.add('{}', 'dockerconfigjson');
    config.add(JSON.stringify({ 'old.io': auth('a:b') }), 'dockercfg');
    config.add(JSON.stringify({ auths: { 'new.io': auth('c:d') } }), 'dockerconfigjson');
    assert.equal(config.credentialsFor({ registry: 'old.io', path: 'x' })?.username, 'a');
    assert.equal(config.credentialsFor({ registry: 'new.io', path: 'x' })?.username, 'c');
  });

  for (const text of [
    '',
    'secret',
    '[]',
    '"a"',
    '{"auths":5}',
    '{"auths":{"a":5}}',
    '{"auths":{"a":{"auth":"c2VjcmV0"}}}',
  ]) {
    it(`refuses ${JSON.stringify(text)}, without showing it`, () => {
      assert.throws(
        () => new DockerConfig().add(text, 'dockerconfigjson'),
        (error: unknown) =>
          error instanceof OciError && error.code === 'InvalidCredentials' && !/secret|c2Vj/.test(error.message),
      );
    });
  }

  it('is not slowed down by patterns', () => {
    const glob = `${'*a'.repeat(2000)}.io`;
    const config = new DockerConfig();
    config.add(JSON.stringify({ auths: { [glob]: auth('a:b') } }), 'dockerconfigjson');
    assert.equal(config.credentialsFor({ registry: `${'a'.repeat(1900)}b.io`, path: 'x/y' }), undefined);
  });
});
