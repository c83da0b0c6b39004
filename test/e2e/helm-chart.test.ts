import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unpackChart } from '../../src/artifact/chart-archive.ts';
import { loadChart } from '../../src/engines/helm/chart/load.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { GitServer } from '../gitserver/git-server.ts';
import { basic, helmImage, pushImage } from '../registry/push.ts';
import { Registry, registryUser } from '../registry/registry.ts';
import type { ApiObject } from '../support/api-client.ts';
import { artifactOf } from '../support/artifact-files.ts';
import { Authority } from '../support/certificates.ts';
import { ChartRepository, packedChart } from '../support/chart-repository.ts';
import { condition, isFailed, isReady } from '../support/conditions.ts';
import { Kubectl, ref } from '../support/kubectl.ts';
import { installSourceKinds, SourceController } from '../support/source-controller.ts';
import { waitFor } from '../support/wait-for.ts';

const apiVersion = 'source.toolkit.fluxcd.io/v1';
const _crds = join(import.meta.dirname, '../../config/crd');
const kinds = ['HelmChart', 'HelmRepository', 'GitRepository'] as const;
const demo = {
  name: 'demo',
  version: '1.0.0',
  files: { 'values.yaml': 'color: red\n', 'prod.yaml': 'color: blue\n', 'templates/a.yaml': 'a' },
};

describe('HelmRepository and HelmChart', () => {
  let plane: ControlPlane;
  let git: GitServer;
  let charts: ChartRepository;
  let controller: SourceController;
  let kubectl: Kubectl;
  let dir = '';
  let storageAddr: string | undefined;
  let count = 0;
  const logs: string[] = [];

  const startController = async (...flags: readonly string[]): Promise<void> => {
    const options = { kubeconfig: plane.kubeconfig, storagePath: join(dir, 'storage'), tempDir: dir };
    const log = (line: string): void => void logs.push(line);
    const address = storageAddr === undefined ? {} : { storageAddr };
    controller = await SourceController.start({
      ...options,
      ...address,
      log,
      flags: ['--requeue-dependency=1h', ...flags],
    });
    ({ storageAddr } = controller);
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-e2e-charts-'));
    [plane, git] = await Promise.all([startControlPlane({ controllers: [] }), GitServer.start()]);
    await installSourceKinds(new Kubectl(plane.admin));
    await startController();
  });
  after(async () => {
    await controller?.stop();
    await git?.stop();
    await plane?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    kubectl = await new Kubectl(plane.admin).createNamespace('charts');
    charts = await ChartRepository.start();
    charts.add(demo);
  });
  afterEach(async () => {
    for (const kind of kinds) {
      for (const object of await kubectl.list(apiVersion, kind)) {
        await kubectl.delete(object);
        await kubectl.waitGone(object);
      }
    }
    await charts.stop();
  });

  const apply = (kind: (typeof kinds)[number], name: string, spec: object): Promise<unknown> =>
    kubectl.apply([{ apiVersion, kind, metadata: { name }, spec: { interval: '1h', ...spec } }]);
  const repository = (spec: object = {}, name = 'charts') =>
    apply('HelmRepository', name, { url: charts.url, ...spec });
  const chart = (spec: object = {}, name = 'demo') =>
    apply('HelmChart', name, { chart: 'demo', sourceRef: { kind: 'HelmRepository', name: 'charts' }, ...spec });
  const secret = (name: string, stringData: Readonly<Record<string, string>>, labels = {}): Promise<unknown> =>
    kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, stringData }]);
  const named = (kind: (typeof kinds)[number]) => ref(apiVersion, kind, kind === 'HelmChart' ? 'demo' : 'charts');
  const wait = (kind: (typeof kinds)[number], what: string, test: (object: ApiObject) => boolean): Promise<ApiObject> =>
    kubectl.waitFor(named(kind), what, test);
  const ready = (kind: (typeof kinds)[number]): Promise<ApiObject> => wait(kind, 'ready', isReady);
  const failed = (kind: (typeof kinds)[number], reason: string, text: RegExp): Promise<ApiObject> =>
    wait(kind, `${reason} ${text}`, (object) => isFailed(object, reason) && text.test(messageOf(object)));
  const request = async (kind: (typeof kinds)[number]): Promise<ApiObject> => {
    const value = `request-${++count}`;
    await kubectl.annotate(named(kind), { 'reconcile.fluxcd.io/requestedAt': value });
    return wait(kind, 'handled', (object) => statusOf(object)['lastHandledReconcileAt'] === value);
  };
  const atVersion = (version: string): Promise<ApiObject> =>
    wait('HelmChart', version, (object) => isReady(object) && artifactOf(object)?.revision === version);

  async function download(object: ApiObject): Promise<Buffer> {
    const artifact = artifactOf(object);
    assert.ok(artifact !== undefined);
    const response = await fetch(artifact.url);
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, artifact.digest);
    return bytes;
  }

  it('an index and a chart become artifacts; a new version wakes the chart', async () => {
    await repository();
    await chart({ version: '1.x' });
    const first = await ready('HelmChart');
    assert.deepEqual(await download(first), Buffer.from(packedChart(demo)));
    assert.equal(statusOf(first)['observedChartName'], 'demo');
    assert.equal(messageOf(first), "pulled 'demo' chart with version '1.0.0'");
    const index = await ready('HelmRepository');
    assert.equal(statusOf(first)['observedSourceArtifactRevision'], artifactOf(index)?.revision);
    assert.equal(statusOf(index)['url'], `http://${storageAddr}/helmrepository/${kubectl.namespace}/charts/index.yaml`);

    charts.add({ ...demo, version: '1.1.0' }, { ...demo, version: '2.0.0' });
    await request('HelmRepository');
    await atVersion('1.1.0');
  });

  it('an index that did not change is not sent again, until somebody asks', async () => {
    await repository({ interval: '1s' });
    await ready('HelmRepository');
    await waitFor(() => charts.requests.some(({ status }) => status === 304), 'a conditional request');
    const { length } = charts.requests;
    await request('HelmRepository');
    assert.ok(charts.requests.slice(length).some(({ status }) => status === 200));
  });

  it('a chart comes from a GitRepository, packed with values of the source', async () => {
    const files = await git.create(`charts-${++count}`);
    await files.commit({
      files: {
        'demo/Chart.yaml':
          'apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies:\n- {name: demo, alias: sub, version: 1.x, repository: CHARTS}\n'.replace(
            'CHARTS',
            charts.url,
          ),
        'demo/values.yaml': 'a: 1\n',
        'prod.yaml': 'a: 2\n',
      },
      message: 'Begin',
    });
    await repository();
    await ready('HelmRepository');
    await apply('GitRepository', 'charts', { url: files.url, ref: { branch: 'main' } });
    const sourceRef = { kind: 'GitRepository', name: 'charts' };
    await chart({ chart: './demo', sourceRef, reconcileStrategy: 'Revision', valuesFiles: ['prod.yaml'] });
    const object = await ready('HelmChart');
    const version = artifactOf(object)?.revision ?? '';
    assert.match(version, /^0\.1\.0\+[0-9a-f]{12}\.1$/);
    const loaded = loadChart(unpackChart(await download(object)));
    assert.deepEqual(
      [loaded.metadata.version, loaded.dependencies.map(({ metadata }) => metadata.name)],
      [version, ['sub']],
    );
    await files.commit({ files: { 'prod.yaml': 'a: 3\n' }, message: 'Change' });
    await kubectl.annotate(named('GitRepository'), { 'reconcile.fluxcd.io/requestedAt': 'now' });
    await wait('HelmChart', 'another revision', (chart) => isReady(chart) && artifactOf(chart)?.revision !== version);
  });

  it('a chart comes from a registry, by range and with credentials', async () => {
    await using registry = await Registry.start({ basicAuth: true });
    const push = async (version: string): Promise<unknown> => {
      const target = {
        url: registry.url,
        repository: 'charts/demo',
        tag: version.replace('+', '_'),
        authorization: basic(registryUser),
      };
      return pushImage(target, helmImage(Buffer.from(packedChart({ ...demo, version })), { name: 'demo', version }));
    };
    await push('1.0.0');
    await push('1.1.0+build');
    await repository({
      type: 'oci',
      url: `oci://${registry.address}/charts`,
      insecure: true,
      secretRef: { name: 'creds' },
    });
    await chart({ version: '1.x' });
    await failed('HelmChart', 'Unknown', /failed to get authentication secret/);
    await secret('creds', { ...registryUser }, { 'reconcile.fluxcd.io/watch': 'Enabled' });
    const object = await atVersion('1.1.0+build');
    assert.deepEqual(await download(object), Buffer.from(packedChart({ ...demo, version: '1.1.0+build' })));
    const record = await kubectl.get(named('HelmRepository'));
    assert.deepEqual([record.metadata['finalizers'] ?? [], statusOf(record)], [[], {}]);
  });

  it('credentials and certificates of Secrets are used, and news of them wakes', async () => {
    const authority = await Authority.create('authority');
    const tls = await authority.issueServer('charts');
    await using secure = await ChartRepository.start({ tls });
    secure.add(demo);
    secure.access = { username: 'user', password: 'pass' };
    await secret('ca', { 'ca.crt': authority.certificate });
    await repository({ url: secure.url });
    await failed('HelmRepository', 'Failed', /signed by unknown authority/);
    await repository({ url: secure.url, certSecretRef: { name: 'ca' }, secretRef: { name: 'creds' } });
    await failed('HelmRepository', 'AuthenticationFailed', /failed to get authentication secret/);
    await secret('creds', { ...secure.access }, { 'reconcile.fluxcd.io/watch': 'Enabled' });
    await ready('HelmRepository');
  });

  describe('what goes wrong', () => {
    const ofChart: readonly { name: string; spec?: object; reason: string; want: RegExp; arrange?(): void }[] = [
      {
        name: 'a chart that is not there',
        spec: { chart: 'ghost' },
        reason: 'InvalidChartReference',
        want: /no chart name found$/,
      },
      {
        name: 'a range that nothing matches',
        spec: { version: '>=7' },
        reason: 'InvalidChartReference',
        want: /no 'demo' chart with version matching '>=7' found$/,
      },
      {
        name: 'a source that is not there',
        spec: { sourceRef: { kind: 'HelmRepository', name: 'ghost' } },
        reason: 'SourceUnavailable',
        want: /"ghost" not found$/,
      },
      {
        name: 'another digest',
        reason: 'ChartPullError',
        want: /its digest '.*' is not the one in the index/,
        arrange: () => {
          charts.digest = 'a'.repeat(64);
        },
      },
      {
        name: 'an archive that is missing',
        reason: 'ChartPullError',
        want: /404 Not Found$/,
        arrange: () => {
          charts.chartUrl = () => 'gone.tgz';
        },
      },
      {
        name: 'an archive that breaks off',
        reason: 'ChartPullError',
        want: /unexpected EOF|connection reset|terminated/,
        arrange: () => {
          charts.fault = { type: 'truncate', bytes: 50, on: 'chart' };
        },
      },
      {
        name: 'an archive that unpacks without end',
        reason: 'ChartPullError',
        want: /larger than the maximum size/,
        arrange: () => {
          charts.replace(demo, gzipSync(Buffer.alloc(101 * 1024 ** 2)));
        },
      },
      {
        name: 'an archive that is too large',
        reason: 'ChartPullError',
        want: /exceeds '10485760' bytes limit$/,
        arrange: () => {
          charts.replace(demo, randomBytes(11 * 1024 ** 2));
        },
      },
      {
        name: 'a signature that is to be verified',
        spec: { verify: { provider: 'cosign' } },
        reason: 'VerificationError',
        want: /not supported yet/,
      },
      {
        name: 'values files that are missing',
        spec: { valuesFiles: ['ghost.yaml'] },
        reason: 'ValuesFilesError',
        want: /no values file found at path 'ghost\.yaml'$/,
      },
    ];
    for (const { name, spec, reason, want, arrange } of ofChart) {
      it(`${name} is told by the chart`, async () => {
        arrange?.();
        await repository();
        await ready('HelmRepository');
        await chart(spec);
        await failed('HelmChart', reason, want);
      });
    }

    it('a chart that was not there comes by itself with the next index', async () => {
      await repository();
      await ready('HelmRepository');
      await chart({ version: '>=2' });
      await failed('HelmChart', 'InvalidChartReference', /no 'demo' chart/);
      charts.add({ ...demo, version: '2.0.0' });
      await request('HelmRepository');
      await atVersion('2.0.0');
    });

    it('a source that was not there wakes the chart', async () => {
      await chart();
      await failed('HelmChart', 'SourceUnavailable', /not found$/);
      await repository();
      await atVersion('1.0.0');
    });

    it('an index of 60 MB is refused, and the old artifact stays', async () => {
      await repository();
      const { digest } = artifactOf(await ready('HelmRepository')) ?? {};
      charts.index = Buffer.alloc(60_000_000, '# x\n');
      await request('HelmRepository');
      const object = await failed('HelmRepository', 'Failed', /exceeds the maximum index file size of 52428800 bytes$/);
      assert.equal(artifactOf(object)?.digest, digest);
    });

    it('an index that is none is told, and the old artifact stays', async () => {
      await repository();
      const { digest } = artifactOf(await ready('HelmRepository')) ?? {};
      charts.index = '<html>';
      await request('HelmRepository');
      const object = await failed('HelmRepository', 'IndexationFailed', /cannot unmarshal string/);
      assert.equal(artifactOf(object)?.digest, digest);
      charts.index = undefined;
    });

    it('an altered file of an artifact is replaced', async () => {
      await repository();
      await chart();
      const object = await ready('HelmChart');
      await writeFile(join(dir, 'storage', artifactOf(object)?.path ?? ''), 'altered');
      await request('HelmChart');
      assert.deepEqual(await download(await ready('HelmChart')), Buffer.from(packedChart(demo)));
    });
  });

  it('goes with its artifacts', async () => {
    await repository();
    await chart();
    const stored = join(dir, 'storage', 'helmchart', kubectl.namespace, 'demo');
    await ready('HelmChart');
    assert.ok(existsSync(stored));
    await kubectl.delete(named('HelmChart'));
    await kubectl.waitGone(named('HelmChart'));
    assert.ok(!existsSync(stored));
  });
});

function statusOf(object: ApiObject): Readonly<Record<string, unknown>> {
  return (object['status'] ?? {}) as Readonly<Record<string, unknown>>;
}

function messageOf(object: ApiObject): string {
  return condition(object, 'Ready')?.message ?? '';
}
