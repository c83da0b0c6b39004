import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RegistryClient } from '../../src/oci/registry-client.ts';
import { RegistrySessions } from '../../src/oci/sessions.ts';
import { Authority } from '../support/certificates.ts';
import { waitFor } from '../support/wait-for.ts';
import { basic, fluxContentType, fluxImage, pushImage, pushIndex, retag, tarball } from './push.ts';
import { Registry, registryUser } from './registry.ts';
import { TokenServer } from './token-server.ts';

const signal = AbortSignal.timeout(120_000);

describe('a client of a real registry', () => {
  let registry: Registry;
  let sessions: RegistrySessions;

  before(async () => {
    registry = await Registry.start();
    sessions = new RegistrySessions();
  });
  after(async () => {
    await sessions.close();
    await registry.stop();
  });

  const at = (path: string) => ({ registry: registry.address, path });
  const target = (repository: string, tag: string) => ({ url: registry.url, repository, tag });

  it('reads what was pushed', async () => {
    const { digest, layers } = await pushImage(target('org/app', 'v1'), await fluxImage({ 'a.yaml': 'a: 1' }));
    const client = new RegistryClient({ sessions });
    const repository = at('org/app');
    assert.equal((await client.resolve(repository, 'v1', signal)).digest, digest);
    const image = await client.image(repository, digest, signal);
    assert.deepEqual(
      image.layers.map(({ digest, mediaType }) => [digest, mediaType]),
      [[layers[0], fluxContentType]],
    );
    assert.equal(image.annotations['org.opencontainers.image.source'], 'https://git.test/repo');
    const chunks: Uint8Array[] = [];
    const layer = image.layers[0];
    assert.ok(layer !== undefined);
    for await (const chunk of await client.blob(repository, layer, signal, { maxBytes: 1 << 20 })) chunks.push(chunk);
    assert.deepEqual(Buffer.concat(chunks), await tarball({ 'a.yaml': 'a: 1' }));
    client.close();
  });

  it('lists the tags of all pages', async () => {
    const image = await fluxImage({ 'a.yaml': 'a: 1' });
    await pushImage(target('org/many', 'first'), image);
    const tags = Array.from({ length: 30 }, (_, index) => `v1.0.${index}`);
    for (const tag of tags) await retag(target('org/many', tag), 'first');
    const client = new RegistryClient({ sessions, tagsPerPage: 7 });
    assert.deepEqual([...(await client.listTags(at('org/many'), signal))].sort(), ['first', ...tags].sort());
    await assert.rejects(client.listTags(at('org/many'), signal, { max: 10 }), { code: 'TooLarge' });
    client.close();
  });

  it('takes the image for linux/amd64 of an index', async () => {
    const one = await pushImage(target('org/index', 'arm'), await fluxImage({ 'a.yaml': 'arm' }));
    const two = await pushImage(target('org/index', 'amd'), await fluxImage({ 'a.yaml': 'amd' }));
    const client = new RegistryClient({ sessions });
    const sized = async (digest: string) => ({
      digest,
      size: (await client.manifest(at('org/index'), digest, signal)).bytes.length,
    });
    await pushIndex(target('org/index', 'both'), {
      'linux/arm64': await sized(one.digest),
      'linux/amd64': await sized(two.digest),
    });
    const image = await client.image(at('org/index'), 'both', signal);
    assert.deepEqual(
      image.layers.map(({ digest }) => digest),
      two.layers,
    );
    await pushIndex(target('org/index', 'other'), { 'windows/amd64': await sized(one.digest) });
    await assert.rejects(client.image(at('org/index'), 'other', signal), { code: 'NotFound' });
    client.close();
  });

  it('notices content that is not what its digest says', async () => {
    const { layers } = await pushImage(target('org/broken', 'v1'), await fluxImage({ 'a.yaml': 'broken' }));
    const [digest = ''] = layers;
    await registry.corruptBlob(digest);
    const client = new RegistryClient({ sessions });
    const read = async () => {
      for await (const _ of await client.blob(at('org/broken'), { digest }, signal, { maxBytes: 1 << 20 }));
    };
    await assert.rejects(read(), { code: 'DigestMismatch' });
    client.close();
  });

  it('asks once for what has not changed', async () => {
    await pushImage(target('org/same', 'v1'), await fluxImage({ 'a.yaml': 'same' }));
    const client = new RegistryClient({ sessions });
    await client.resolve(at('org/same'), 'v1', signal);
    const path = '/v2/org/same/manifests/v1';
    const seen = () => registry.requests.filter((request) => request.path === path && request.method === 'HEAD');
    await waitFor(() => seen().length === 1, 'the first request to be logged');
    const before = registry.requests.length;
    await client.resolve(at('org/same'), 'v1', signal);
    await waitFor(() => seen().length === 2, 'the second request to be logged');
    assert.deepEqual(
      registry.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
      [`HEAD ${path}`],
    );
    client.close();
  });

  it('finds a registry again that was away', async () => {
    await pushImage(target('org/away', 'v1'), await fluxImage({ 'a.yaml': 'away' }));
    const client = new RegistryClient({ sessions });
    await client.resolve(at('org/away'), 'v1', signal);
    await registry.down();
    await assert.rejects(client.resolve(at('org/away'), 'v1', signal), { code: 'NetworkError' });
    await registry.up();
    await client.resolve(at('org/away'), 'v1', signal);
    client.close();
  });
});

describe('a registry that wants to know who asks', () => {
  const image = fluxImage({ 'a.yaml': 'a: 1' });
  const resolve = async (
    registry: Registry,
    credentials: Parameters<typeof clientFor>[0],
    tls?: Parameters<typeof clientFor>[1],
  ) => {
    const sessions = new RegistrySessions();
    const client = clientFor(credentials, tls, sessions);
    try {
      return await client.resolve({ registry: registry.address, path: 'org/app' }, 'v1', signal);
    } finally {
      client.close();
      await sessions.close();
    }
  };

  it('by user name and password', async () => {
    await using registry = await Registry.start({ basicAuth: true });
    const target = { url: registry.url, repository: 'org/app', tag: 'v1', authorization: basic(registryUser) };
    await pushImage(target, await image);
    await resolve(registry, registryUser);
    await assert.rejects(resolve(registry, { ...registryUser, password: 'wrong' }), { code: 'AuthenticationFailed' });
    await assert.rejects(resolve(registry, undefined), { code: 'AuthenticationFailed' });
  });

  it('by tokens that another server gives', async () => {
    const tokens = await TokenServer.start({ passwords: { robot: 'secret' }, refreshTokens: ['refresh'] });
    try {
      await using registry = await Registry.start({ tokenServer: tokens });
      const scope = 'repository:org/app:pull,push';
      const granted = await fetch(`${tokens.realm}?scope=${scope}`, {
        headers: { authorization: basic({ username: 'robot', password: 'secret' }) },
        signal,
      });
      const { token } = (await granted.json()) as { token: string };
      const target = { url: registry.url, repository: 'org/app', tag: 'v1', authorization: `Bearer ${token}` };
      await pushImage(target, await image);
      await resolve(registry, { username: 'robot', password: 'secret' });
      await resolve(registry, { identityToken: 'refresh' });
      await resolve(registry, { registryToken: token });
      assert.equal(tokens.calls.at(-1)?.scope, 'repository:org/app:pull');
      for (const wrong of [undefined, { username: 'robot', password: 'wrong' }, { identityToken: 'wrong' }]) {
        await assert.rejects(resolve(registry, wrong), { code: 'AuthenticationFailed' });
      }
    } finally {
      await tokens.stop();
    }
  });

  it('by a certificate', async () => {
    const authority = await Authority.create('registry-test');
    const server = await authority.issueServer('registry');
    const client = await authority.issueClient({ commonName: 'client' });
    await using registry = await Registry.start({ tls: server, clientCa: authority.certificate });
    const ca = authority.certificate;
    await assert.rejects(resolve(registry, undefined, { ca, cert: client.certificate, key: client.key }), {
      code: 'NotFound',
    });
    await assert.rejects(resolve(registry, undefined, { ca }), { name: 'OciError' });
    await assert.rejects(resolve(registry, undefined), { name: 'OciError' });
  });
});

function clientFor(
  credentials: { username?: string; password?: string; identityToken?: string; registryToken?: string } | undefined,
  tls: { ca: string; cert?: string; key?: string } | undefined,
  sessions: RegistrySessions,
): RegistryClient {
  return new RegistryClient({ sessions, tls, credentials: async () => credentials });
}
