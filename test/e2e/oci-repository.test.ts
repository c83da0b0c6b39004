import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  basic,
  fluxContentType,
  fluxImage,
  helmContentType,
  helmImage,
  type Pushed,
  type PushedImage,
  pushImage,
  retag,
  tarball,
} from '../registry/push.ts';
import { Registry, registryUser } from '../registry/registry.ts';
import { TokenServer } from '../registry/token-server.ts';
import type { ApiObject } from '../support/api-client.ts';
import { artifactFiles, artifactOf } from '../support/artifact-files.ts';
import { Authority } from '../support/certificates.ts';
import { condition, isFailed, isReady } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { type Kubectl, ref } from '../support/kubectl.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { kustomizeApi, messageOf, sourceApi, statusOf } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const MiB = 1024 * 1024;

/** A namespace with a repository of its own in a registry, and what its user does and sees there. */
class Team {
  readonly kubectl: Kubectl;
  readonly registry: Registry;
  readonly authorization: string | undefined;
  #tokens = 0;

  constructor(kubectl: Kubectl, registry: Registry, authorization?: string) {
    this.kubectl = kubectl;
    this.registry = registry;
    this.authorization = authorization;
  }

  get repository(): string {
    return `org/${this.kubectl.namespace}`;
  }

  get url(): string {
    return `oci://${this.registry.address}/${this.repository}`;
  }

  async push(image: PushedImage, tag = 'latest'): Promise<Pushed> {
    return pushImage(this.target(tag), image);
  }

  async pushFiles(files: Readonly<Record<string, string>>, tag = 'latest'): Promise<string> {
    return (await this.push(await fluxImage(files), tag)).digest;
  }

  target(tag: string) {
    const { url } = this.registry;
    const { repository, authorization } = this;
    return { url, repository, tag, ...(authorization === undefined ? {} : { authorization }) };
  }

  async apply(spec: object = {}, name = 'app'): Promise<void> {
    await this.kubectl.apply([
      {
        apiVersion: sourceApi,
        kind: 'OCIRepository',
        metadata: { name },
        spec: { interval: '1h', url: this.url, ...spec },
      },
    ]);
  }

  async secret(name: string, stringData: Readonly<Record<string, string>>, labels = {}): Promise<void> {
    await this.kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, stringData }]);
  }

  async wait(what: string, test: (object: ApiObject) => boolean, name = 'app'): Promise<ApiObject> {
    return this.kubectl.waitFor(ref(sourceApi, 'OCIRepository', name), what, test);
  }

  async ready(name = 'app'): Promise<ApiObject> {
    return this.wait('ready', isReady, name);
  }

  async atRevision(revision: string, name = 'app'): Promise<ApiObject> {
    return this.wait(`at ${revision}`, (object) => isReady(object) && artifactOf(object).revision === revision, name);
  }

  async failed(reason: string, says: string | RegExp, name = 'app'): Promise<ApiObject> {
    return this.wait(
      `failed with ${reason} ${says}`,
      (object) => isFailed(object, reason) && messageOf(object).search(says) >= 0,
      name,
    );
  }

  async request(name = 'app'): Promise<ApiObject> {
    const token = `request-${++this.#tokens}`;
    await this.kubectl.annotate(ref(sourceApi, 'OCIRepository', name), { 'reconcile.fluxcd.io/requestedAt': token });
    return this.wait('handled', (object) => statusOf(object).lastHandledReconcileAt === token, name);
  }

  async eventSaying(text: string): Promise<void> {
    await waitFor(async () => {
      const events = await this.kubectl.list('v1', 'Event');
      return events.some(({ message }) => String(message).includes(text));
    }, `an event that says ${text}`);
  }
}

function dockerConfig(registry: string, username: string, password: string): Readonly<Record<string, string>> {
  return { '.dockerconfigjson': JSON.stringify({ auths: { [registry]: { username, password } } }) };
}

describe('OCIRepository', { concurrency: 4 }, () => {
  let environment: Environment;
  let open: Registry;
  let closed: Registry;
  before(async () => {
    [environment, open, closed] = await Promise.all([
      Environment.start({ audit: true }),
      Registry.start(),
      Registry.start({ basicAuth: true }),
    ]);
  });
  after(async () => {
    await environment?.stop();
    await Promise.all([open?.stop(), closed?.stop()]);
  });

  const team = async (registry: Registry = open): Promise<Team> => {
    const kubectl = await environment.kubectl.createNamespace('oci');
    return new Team(kubectl, registry, registry === closed ? basic(registryUser) : undefined);
  };

  describe('of an open registry', { concurrency: 4 }, () => {
    it('stores what was pushed, and a Kustomization applies it', async () => {
      const our = await team();
      const digest = await our.pushFiles({ 'a.yaml': manifest(configMap('one')), 'notes.txt': 'x', '.git/config': '' });
      await our.apply();
      const object = await our.ready();
      const { revision, path, url } = artifactOf(object);
      assert.equal(revision, `latest@${digest}`);
      assert.equal(path, `ocirepository/${our.kubectl.namespace}/app/${digest}.tar.gz`);
      assert.deepEqual((object['status'] as { artifact: { metadata: unknown } }).artifact.metadata, {
        'org.opencontainers.image.created': '2026-01-01T00:00:00Z',
        'org.opencontainers.image.source': 'https://git.test/repo',
        'org.opencontainers.image.revision': 'main@sha1:0123456789abcdef0123456789abcdef01234567',
      });
      assert.deepEqual(await artifactFiles(object), { 'a.yaml': manifest(configMap('one')), 'notes.txt': 'x' });
      assert.equal((object['status'] as { url: string }).url, url.replace(/[^/]+$/, 'latest.tar.gz'));
      assert.deepEqual(object.metadata['finalizers'], ['finalizers.fluxcd.io']);
      assert.equal(messageOf(object), `stored artifact for digest '${revision}'`);
      const origin =
        "origin source 'https://git.test/repo', origin revision 'main@sha1:0123456789abcdef0123456789abcdef01234567'";
      await our.eventSaying(`stored artifact with revision '${revision}' from '${our.url}', ${origin}`);

      const sourceRef = { kind: 'OCIRepository', name: 'app' };
      const spec = { interval: '1h', prune: true, targetNamespace: our.kubectl.namespace, sourceRef };
      await our.kubectl.apply([{ apiVersion: kustomizeApi, kind: 'Kustomization', metadata: { name: 'app' }, spec }]);
      const app = ref(kustomizeApi, 'Kustomization', 'app');
      const applied = await our.kubectl.waitFor(app, 'ready', isReady);
      assert.equal(statusOf(applied).lastAppliedRevision, revision);
      assert.equal(
        (applied['status'] as { lastAppliedOriginRevision: string }).lastAppliedOriginRevision,
        'main@sha1:0123456789abcdef0123456789abcdef01234567',
      );
      assert.ok(await our.kubectl.find(ref('v1', 'ConfigMap', 'one')));

      const moved = await our.pushFiles({ 'a.yaml': manifest(configMap('two')) });
      await our.request();
      await our.atRevision(`latest@${moved}`);
      await our.kubectl.waitFor(
        app,
        'the new revision applied',
        (one) => isReady(one) && statusOf(one).lastAppliedRevision === `latest@${moved}`,
      );
      assert.equal(await our.kubectl.find(ref('v1', 'ConfigMap', 'one')), undefined);
      assert.ok(await our.kubectl.find(ref('v1', 'ConfigMap', 'two')));
      assert.equal((await fetch(url)).status, 200, 'the former artifact stays for those who still need it');
    });

    it('costs one request when nothing is new', async () => {
      const our = await team();
      await our.pushFiles({ 'a.yaml': 'a: 1' });
      await our.apply({ interval: '1s' });
      await our.ready();
      const path = `/v2/${our.repository}/manifests/latest`;
      const heads = () => open.requests.filter((one) => one.path === path && one.method === 'HEAD').length;
      const since = async (count: number) => waitFor(() => heads() >= count, `${count} requests`);
      await our.eventSaying('stored artifact with revision');
      // What the first reconcile left to be written is written by then.
      await since(heads() + 3);
      const mark = await environment.auditMark();
      const from = open.requests.length;
      await since(heads() + 3);
      const seen = open.requests.slice(from).filter((one) => one.path.includes(our.repository));
      assert.ok(seen.every((one) => one.method === 'HEAD' && one.path === path));
      const asked = await environment.requestsSince(mark, 'source-controller');
      assert.deepEqual(
        asked.filter(({ namespace }) => namespace === our.kubectl.namespace).map(({ verb, uri }) => `${verb} ${uri}`),
        [],
      );
    });

    it('takes the highest version in a range, a tag or a digest', async () => {
      const our = await team();
      const first = await our.pushFiles({ a: '1' }, 'v1.0.0');
      const second = await our.pushFiles({ a: '2' }, 'v1.2.0');
      const candidate = await our.pushFiles({ a: '3' }, 'v2.0.0-rc.1');
      await retag(our.target('unrelated'), 'v1.0.0');
      const cases: readonly { name: string; wanted: object; want: string }[] = [
        { name: 'range', wanted: { semver: '>= 1.0.0' }, want: `v1.2.0@${second}` },
        { name: 'candidates', wanted: { semver: '>= 1.0.0-0' }, want: `v2.0.0-rc.1@${candidate}` },
        { name: 'filtered', wanted: { semver: '>= 1.0.0-0', semverFilter: '\\.0\\.0$' }, want: `v1.0.0@${first}` },
        { name: 'tag', wanted: { tag: 'v1.0.0' }, want: `v1.0.0@${first}` },
        { name: 'digest', wanted: { digest: second, semver: '> 100', tag: 'none' }, want: second },
        { name: 'before', wanted: { semver: '1.0.x', tag: 'v1.2.0' }, want: `v1.0.0@${first}` },
      ];
      for (const { name, wanted } of cases) await our.apply({ ref: wanted }, name);
      for (const { name, want } of cases) await our.atRevision(want, name);
    });

    it('keeps a layer as it is, by its media type', async () => {
      const our = await team();
      const chart = await tarball({ 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.2.3+b\n', 'c/a.txt': 'a' });
      const { digest, layers } = await our.push(helmImage(chart, { name: 'c', version: '1.2.3+b' }), '1.2.3_b');
      await our.apply({
        ref: { semver: '>= 1.0.0' },
        layerSelector: { mediaType: helmContentType, operation: 'copy' },
      });
      const object = await our.atRevision(`1.2.3_b@${digest}`);
      assert.equal(artifactOf(object).digest, layers[0]);
      assert.equal(artifactOf(object).size, chart.length);
      await our.apply({
        ref: { semver: '>= 1.0.0' },
        layerSelector: { mediaType: helmContentType, operation: 'extract' },
        ignore: '*.txt',
      });
      const extracted = await our.wait(
        'made anew',
        (one) => isReady(one) && artifactOf(one).digest !== layers[0] && artifactOf(one).revision !== '',
      );
      assert.deepEqual(Object.keys(await artifactFiles(extracted)).sort(), ['c/', 'c/Chart.yaml']);
    });

    it('says what is wrong', { concurrency: 4 }, async () => {
      const our = await team();
      await our.pushFiles({ a: '1' }, 'v1.0.0');
      const pushLayer = async (bytes: Buffer, tag: string): Promise<Pushed> =>
        our.push({ ...(await fluxImage({})), layers: [{ mediaType: fluxContentType, bytes }] }, tag);
      await pushLayer(Buffer.from('no archive'), 'text');
      await pushLayer(await tarball({ zeros: Buffer.alloc(100 * MiB) }), 'bomb');
      await pushLayer(await tarball({ '../outside': 'x' }), 'outside');
      const corrupt = await our.push(await fluxImage({ 'b.yaml': `b: ${our.repository}` }), 'corrupt');
      await open.corruptBlob(corrupt.layers[0] ?? '');
      const none = `sha256:${'0'.repeat(64)}`;
      const cases: readonly { name: string; spec: object; reason: string; says: string | RegExp }[] = [
        { name: 'tag', spec: { ref: { tag: 'none' } }, reason: 'OCIArtifactPullFailed', says: 'MANIFEST_UNKNOWN' },
        { name: 'digest', spec: { ref: { digest: none } }, reason: 'OCIArtifactPullFailed', says: 'MANIFEST_UNKNOWN' },
        { name: 'short', spec: { ref: { digest: 'sha256:1' } }, reason: 'OCIArtifactPullFailed', says: 'hex digits' },
        { name: 'range', spec: { ref: { semver: '> 9' } }, reason: 'ReadOperationFailed', says: 'no match found' },
        { name: 'norange', spec: { ref: { semver: 'x y' } }, reason: 'ReadOperationFailed', says: 'parse error' },
        {
          name: 'filter',
          spec: { ref: { semver: '> 0', semverFilter: '(' } },
          reason: 'ReadOperationFailed',
          says: 'error parsing regexp',
        },
        { name: 'url', spec: { url: `${our.url}:v1` }, reason: 'URLInvalid', says: 'URL validation failed' },
        {
          name: 'layer',
          spec: { ref: { tag: 'v1.0.0' }, layerSelector: { mediaType: 'application/none' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: "failed to find layer with media type 'application/none' in artifact",
        },
        {
          name: 'text',
          spec: { ref: { tag: 'text' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: 'is not a complete gzip stream',
        },
        {
          name: 'corrupt',
          spec: { ref: { tag: 'corrupt' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: 'error verifying sha256 checksum',
        },
        {
          name: 'corrupt-copy',
          spec: { ref: { tag: 'corrupt' }, layerSelector: { operation: 'copy' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: 'failed to copy layer from artifact: error verifying sha256 checksum',
        },
        {
          name: 'bomb',
          spec: { ref: { tag: 'bomb' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: 'unpacks to more than 200 times its size',
        },
        {
          name: 'outside',
          spec: { ref: { tag: 'outside' } },
          reason: 'OCIArtifactLayerOperationFailed',
          says: "'../outside' has an invalid name",
        },
        {
          name: 'verify',
          spec: { ref: { tag: 'v1.0.0' }, verify: { provider: 'cosign' } },
          reason: 'VerificationError',
          says: 'spec.verify is not supported yet',
        },
        {
          name: 'cloud',
          spec: { provider: 'aws' },
          reason: 'OCIArtifactPullFailed',
          says: 'invalid AWS registry',
        },
        {
          name: 'account',
          spec: { provider: 'gcp', serviceAccountName: 'default' },
          reason: 'FeatureGateDisabled',
          says: 'please enable the ObjectLevelWorkloadIdentity feature gate',
        },
        {
          name: 'nobody',
          spec: { serviceAccountName: 'nobody' },
          reason: 'AuthenticationFailed',
          says: "serviceaccount '.*/nobody' not found",
        },
        {
          name: 'proxy',
          spec: { proxySecretRef: { name: 'none' } },
          reason: 'AuthenticationFailed',
          says: 'failed to get proxy address: secret',
        },
        {
          name: 'metadata',
          spec: { url: 'oci://169.254.169.254/latest/meta-data', insecure: true },
          reason: 'OCIArtifactPullFailed',
          says: 'is an address of a metadata service',
        },
      ];
      for (const { name, spec } of cases) await our.apply(spec, name);
      for (const { name, reason, says } of cases) {
        const object = await our.failed(reason, says, name);
        assert.equal((object['status'] as { artifact?: unknown }).artifact, undefined, name);
        const stalled = ['URLInvalid', 'VerificationError', 'FeatureGateDisabled'].includes(reason);
        assert.equal(condition(object, 'Stalled')?.status, stalled ? 'True' : undefined, name);
      }
    });

    it('keeps the artifact while the registry is away, and finds it again', async () => {
      await using registry = await Registry.start();
      const our = new Team(await environment.kubectl.createNamespace('oci'), registry);
      const first = await our.pushFiles({ a: '1' });
      await our.apply();
      await our.atRevision(`latest@${first}`);
      await registry.down();
      await our.request();
      const object = await our.failed('OCIArtifactPullFailed', 'connection refused');
      assert.equal(artifactOf(object).revision, `latest@${first}`);
      assert.deepEqual(await artifactFiles(object), { a: '1' });
      await registry.up();
      await our.ready();
      const second = await our.pushFiles({ a: '2' });
      await our.request();
      await our.atRevision(`latest@${second}`);
    });

    it('removes its artifacts with itself', async () => {
      const our = await team();
      await our.pushFiles({ a: '1' });
      await our.apply();
      const { url } = artifactOf(await our.ready());
      await our.kubectl.delete(ref(sourceApi, 'OCIRepository', 'app'));
      await our.kubectl.waitGone(ref(sourceApi, 'OCIRepository', 'app'));
      assert.equal((await fetch(url)).status, 404);
    });

    it('does nothing while suspended', async () => {
      const our = await team();
      await our.pushFiles({ a: '1' });
      await our.apply({ suspend: true });
      await our.apply({}, 'other');
      await our.ready('other');
      const { status = {} } = (await our.kubectl.get(ref(sourceApi, 'OCIRepository', 'app'))) as { status?: object };
      assert.deepEqual(Object.keys(status), ['observedGeneration']);
      await our.apply({ suspend: false });
      await our.ready();
    });
  });

  describe('of a registry that wants to know who asks', { concurrency: 4 }, () => {
    const { username, password } = registryUser;

    it('asks with the password of a Secret, and is woken when that is mended', async () => {
      const our = await team(closed);
      await our.pushFiles({ a: '1' });
      await our.apply({ secretRef: { name: 'pull' } });
      await our.failed('AuthenticationFailed', 'secrets "pull" not found');
      const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
      await our.secret('pull', dockerConfig(closed.address, username, 'wrong'), labels);
      const refused = await our.failed('OCIArtifactPullFailed', 'UNAUTHORIZED: authentication required');
      assert.ok(!JSON.stringify(refused['status']).includes('wrong'));
      await our.secret('pull', dockerConfig(closed.address, username, password), labels);
      await our.ready();
    });

    it('asks with the pull secrets of a ServiceAccount', async () => {
      const our = await team(closed);
      await our.pushFiles({ a: '1' });
      await our.secret('pull', dockerConfig(`http://${closed.address}/v2/`, username, password));
      await our.kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'puller' },
          imagePullSecrets: [{ name: 'pull' }],
        },
      ]);
      await our.apply({ serviceAccountName: 'puller' });
      await our.ready();
    });

    it('tells nobody else what it knows', async () => {
      const our = await team(closed);
      await our.pushFiles({ a: '1' });
      await our.secret('pull', dockerConfig('registry.example.org', username, password));
      await our.apply({ secretRef: { name: 'pull' } });
      await our.failed('OCIArtifactPullFailed', 'UNAUTHORIZED: authentication required');
      await our.secret('broken', { '.dockerconfigjson': '{"auths": {"x": {"auth": "c2VjcmV0"}}}' });
      await our.apply({ secretRef: { name: 'broken' } }, 'broken');
      await our.failed('AuthenticationFailed', 'the Docker configuration cannot be read', 'broken');
    });

    it('gets a token where the registry sends it', async () => {
      const tokens = await TokenServer.start({ passwords: { robot: 'secret' } });
      try {
        await using registry = await Registry.start({ tokenServer: tokens });
        const kubectl = await environment.kubectl.createNamespace('oci');
        const scope = `repository:org/${kubectl.namespace}:pull,push`;
        const headers = { authorization: basic({ username: 'robot', password: 'secret' }) };
        const granted = await fetch(`${tokens.realm}?scope=${scope}`, { headers });
        const { token } = (await granted.json()) as { token: string };
        const our = new Team(kubectl, registry, `Bearer ${token}`);
        await our.pushFiles({ a: '1' });
        await our.apply();
        await our.failed('OCIArtifactPullFailed', 'incorrect username or password');
        await our.secret('pull', dockerConfig(registry.address, 'robot', 'secret'));
        await our.apply({ secretRef: { name: 'pull' } });
        await our.ready();
      } finally {
        await tokens.stop();
      }
    });

    it('trusts an authority, shows a certificate, or asks for neither', async () => {
      const authority = await Authority.create('registry-test');
      const tls = await authority.issueServer('registry');
      await using registry = await Registry.start({ tls });
      await using strict = await Registry.start({ tls, clientCa: authority.certificate });
      const client = await authority.issueClient({ commonName: 'robot' });
      const our = new Team(await environment.kubectl.createNamespace('oci'), registry);
      await our.pushFiles({ a: '1' });
      await our.secret('ca', { 'ca.crt': authority.certificate });
      await our.secret('client', {
        'ca.crt': authority.certificate,
        'tls.crt': client.certificate,
        'tls.key': client.key,
      });
      await our.secret('half', { 'tls.crt': tls.certificate });
      await our.apply({}, 'untrusted');
      await our.apply({ certSecretRef: { name: 'half' } }, 'half');
      await our.apply({ certSecretRef: { name: 'ca' } }, 'trusted');
      await our.apply({ insecure: true }, 'insecure');
      const url = `oci://${strict.address}/org/none`;
      await our.apply({ url, certSecretRef: { name: 'client' } }, 'shown');
      await our.apply({ url, certSecretRef: { name: 'ca' } }, 'hidden');
      await our.failed('OCIArtifactPullFailed', 'certificate signed by unknown authority', 'untrusted');
      await our.failed('AuthenticationFailed', "contains 'tls.crt' but missing 'tls.key'", 'half');
      await our.ready('trusted');
      await our.failed('OCIArtifactPullFailed', 'MANIFEST_UNKNOWN', 'shown');
      await our.failed('OCIArtifactPullFailed', /unexpected EOF|connection reset|certificate/, 'hidden');
      await our.ready('insecure');
    });
  });
});
