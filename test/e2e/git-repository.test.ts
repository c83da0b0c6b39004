import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { GitServer } from '../gitserver/git-server.ts';
import type { FileChange, Repository } from '../gitserver/repository.ts';
import type { ApiObject } from '../support/api-client.ts';
import { artifactFiles, artifactOf } from '../support/artifact-files.ts';
import { Authority } from '../support/certificates.ts';
import { condition, isFailed, isReady } from '../support/conditions.ts';
import { Kubectl, ref } from '../support/kubectl.ts';
import { installSourceKinds, SourceController } from '../support/source-controller.ts';
import { waitFor } from '../support/wait-for.ts';

const apiVersion = 'source.toolkit.fluxcd.io/v1';
const _crds = join(import.meta.dirname, '../../config/crd');

describe('GitRepository', () => {
  let plane: ControlPlane;
  let git: GitServer;
  let controller: SourceController;
  let kubectl: Kubectl;
  let repository: Repository;
  let dir = '';
  let storageAddr: string | undefined;
  let count = 0;
  const logs: string[] = [];

  const storagePath = (): string => join(dir, 'storage');
  const startController = async (...flags: readonly string[]): Promise<void> => {
    const options = { kubeconfig: plane.kubeconfig, storagePath: storagePath(), tempDir: dir };
    const log = (line: string): void => void logs.push(line);
    const address = storageAddr === undefined ? {} : { storageAddr };
    controller = await SourceController.start({
      ...options,
      ...address,
      log,
      flags: ['--requeue-dependency=60s', ...flags],
    });
    ({ storageAddr } = controller);
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-e2e-git-'));
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
    kubectl = await new Kubectl(plane.admin).createNamespace('git');
    repository = await git.create(`repo-${++count}`);
    repository.access = undefined;
  });
  afterEach(async () => {
    repository.fault = undefined;
    for (const object of await kubectl.list(apiVersion, 'GitRepository')) {
      await kubectl.delete(object);
      await kubectl.waitGone(object);
    }
  });

  const commit = (files: Readonly<Record<string, FileChange>>, message = 'Change'): Promise<string> =>
    repository.commit({ files, message });

  const apply = async (spec: object = {}, name = 'repo'): Promise<ApiObject> => {
    const manifest = {
      apiVersion,
      kind: 'GitRepository',
      metadata: { name },
      spec: { interval: '1h', url: repository.url, ref: { branch: 'main' }, ...spec },
    };
    const [applied] = await kubectl.apply([manifest]);
    assert.ok(applied !== undefined);
    return applied;
  };
  const secret = (name: string, stringData: Readonly<Record<string, string>>): Promise<unknown> =>
    kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }]);

  const wait = (what: string, test: (object: ApiObject) => boolean, name = 'repo'): Promise<ApiObject> =>
    kubectl.waitFor(ref(apiVersion, 'GitRepository', name), what, test);
  const ready = (name = 'repo'): Promise<ApiObject> => wait('ready', isReady, name);
  const failed = (reason?: string, name = 'repo'): Promise<ApiObject> =>
    wait(`failed with ${reason}`, (object) => isFailed(object, reason), name);
  const atRevision = (sha: string, name = 'repo'): Promise<ApiObject> =>
    wait(`at ${sha}`, (object) => isReady(object) && revisionOf(object)?.endsWith(sha) === true, name);
  let token = 0;
  const request = async (name = 'repo'): Promise<ApiObject> => {
    const value = `request-${++token}`;
    await kubectl.annotate(ref(apiVersion, 'GitRepository', name), { 'reconcile.fluxcd.io/requestedAt': value });
    return wait('handled', (object) => statusOf(object)['lastHandledReconcileAt'] === value, name);
  };
  const reasons = async (name = 'repo'): Promise<readonly string[]> => {
    const events = await kubectl.list('v1', 'Event');
    return events
      .filter((event) => (event['involvedObject'] as { name: string }).name === name)
      .map((event) => String(event['reason']))
      .sort();
  };
  const readyMessage = (object: ApiObject): string => condition(object, 'Ready')?.message ?? '';

  it('stores the files of a branch and serves them', async () => {
    const sha = await commit(
      { 'a/b.yaml': 'b: 1\n', 'run.sh': { executable: '#!/bin/sh\n' }, 'logo.png': 'no' },
      'First',
    );
    await apply();
    const object = await ready();
    const { revision, path, url } = artifactOf(object);
    assert.equal(revision, `main@sha1:${sha}`);
    assert.equal(path, `gitrepository/${kubectl.namespace}/repo/${sha}.tar.gz`);
    assert.equal(url, `http://${storageAddr}/${path}`);
    assert.deepEqual(await artifactFiles(object), { 'a/': '', 'a/b.yaml': 'b: 1\n', 'run.sh': '#!/bin/sh\n' });
    assert.deepEqual(object.metadata['finalizers'], ['finalizers.fluxcd.io']);
    assert.equal(readyMessage(object), `stored artifact for revision 'main@sha1:${sha}'`);
    await waitFor(async () => (await reasons()).includes('NewArtifact'), 'the event');
    const latest = await fetch(url.replace(/[^/]+$/, 'latest.tar.gz'));
    assert.equal(latest.headers.get('etag'), `"${artifactOf(object).digest}"`);
    await latest.body?.cancel();
  });

  it('follows new commits, forced pushes and the annotation, and costs one listing when nothing is new', async () => {
    await commit({ a: '1' });
    await apply();
    await ready();
    const second = await commit({ a: '2' });
    await request();
    assert.deepEqual(await artifactFiles(await atRevision(second)), { a: '2' });

    const rewritten = await repository.commit({ files: { b: '3' }, parent: null });
    await request();
    assert.deepEqual(await artifactFiles(await atRevision(rewritten)), { b: '3' });

    const before = git.requests.length;
    const { artifact: was } = statusOf(await request());
    assert.deepEqual(
      git.requests.slice(before).map(({ method, service }) => `${method} ${service}`),
      ['POST git-upload-pack'],
    );
    assert.deepEqual(statusOf(await ready())['artifact'], was);
  });

  it('writes nothing at an interval that finds nothing', async () => {
    await commit({ a: '1' });
    await apply({ interval: '1s' });
    const { metadata } = await ready();
    const listings = (): number => git.requests.filter(({ repository: name }) => repository.url.includes(name)).length;
    const before = listings();
    await waitFor(() => listings() >= before + 3, 'three intervals');
    const now = await kubectl.get(ref(apiVersion, 'GitRepository', 'repo'));
    assert.equal(now.metadata.resourceVersion, metadata.resourceVersion);
    assert.deepEqual(await reasons(), ['NewArtifact']);
  });

  it('does nothing while suspended but echo a request, and goes on when resumed', async () => {
    const first = await commit({ a: '1' });
    await apply();
    await ready();
    await apply({ suspend: true });
    const second = await commit({ a: '2' });
    assert.equal(revisionOf(await request()), `main@sha1:${first}`);
    await apply({ suspend: false });
    await atRevision(second);
  });

  it('takes tags, versions, names and commits', async () => {
    const first = await commit({ a: '1' });
    await repository.tag('v1.0.0', { commit: first, message: 'signed off' });
    const second = await commit({ a: '2' });
    await repository.tag('v1.1.0', { commit: second });
    await repository.setRef('refs/pull/7/head', first);
    await commit({ a: '3' });
    const cases: readonly (readonly [object, string])[] = [
      [{ tag: 'v1.0.0' }, `v1.0.0@sha1:${first}`],
      [{ semver: '1.x' }, `v1.1.0@sha1:${second}`],
      [{ name: 'refs/pull/7/head' }, `refs/pull/7/head@sha1:${first}`],
      [{ commit: first }, `sha1:${first}`],
      [{ commit: second, branch: 'main' }, `main@sha1:${second}`],
    ];
    for (const [refSpec, revision] of cases) {
      await apply({ ref: refSpec });
      await wait(revision, (object) => isReady(object) && revisionOf(object) === revision);
      const { artifact } = statusOf(await request());
      assert.deepEqual(artifact, statusOf(await ready())['artifact']);
    }
  });

  it('keeps the last artifact when the branch goes, and recovers when it is back', async () => {
    const sha = await commit({ a: '1' });
    await apply();
    await ready();
    await repository.deleteBranch('main');
    await repository.setRef('refs/heads/other', sha);
    await request();
    const broken = await failed('GitOperationFailed');
    assert.match(readyMessage(broken), /couldn't find remote ref "refs\/heads\/main"/);
    assert.equal(condition(broken, 'Reconciling')?.reason, 'ProgressingWithRetry');
    assert.deepEqual(await artifactFiles(broken), { a: '1' });
    await repository.setRef('refs/heads/main', sha);
    await ready();
    await waitFor(async () => (await reasons()).includes('Succeeded'), 'the event');
  });

  it('says that a repository is empty', async () => {
    await apply();
    assert.equal(readyMessage(await failed('EmptyGitRepository')), 'git repository is empty');
    const sha = await commit({ a: '1' });
    await atRevision(sha);
  });

  it('authenticates with a password, a token, and not without', async () => {
    const sha = await commit({ a: '1' });
    repository.access = { username: 'user', password: 'p&ss/word' };
    await apply();
    assert.match(readyMessage(await failed('GitOperationFailed')), /authentication required/);
    await apply({ secretRef: { name: 'creds' } });
    assert.match(readyMessage(await failed('AuthenticationFailed')), /secrets "creds" not found/);
    await secret('creds', { username: 'user', password: 'wrong' });
    await failed('GitOperationFailed');
    await secret('creds', { username: 'user', password: 'p&ss/word' });
    await request();
    await atRevision(sha);
    repository.access = { bearer: 'a-token' };
    await secret('creds', { username: 'user', bearerToken: 'a-token' });
    const next = await commit({ a: '2' });
    await request();
    await atRevision(next);
    const told = JSON.stringify([
      await kubectl.list('v1', 'Event'),
      await kubectl.list(apiVersion, 'GitRepository'),
      logs,
    ]);
    for (const text of ['p&ss', 'p%26ss', 'a-token', Buffer.from('user:p&ss/word').toString('base64')]) {
      assert.ok(!told.includes(text), `${text} was told`);
    }
  });

  it('is woken by a labelled Secret', async () => {
    const sha = await commit({ a: '1' });
    repository.access = { username: 'user', password: 'right' };
    const labelled = (password: string): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'creds', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
      stringData: { username: 'user', password },
    });
    await kubectl.apply([labelled('wrong')]);
    await apply({ secretRef: { name: 'creds' } });
    await failed('GitOperationFailed');
    await kubectl.apply([labelled('right')]);
    await atRevision(sha);
  });

  it('trusts a given authority, shows a client certificate, and refuses other servers', async () => {
    const authority = await Authority.create('test authority');
    const tls = await authority.issueServer('git');
    await using secure = await GitServer.start({ tls, clientCa: authority.certificate });
    const repo = await secure.create('secure');
    const sha = await repo.commit({ files: { a: '1' } });
    await apply({ url: repo.url });
    assert.match(readyMessage(await failed('GitOperationFailed')), /certificate/);
    const client = await authority.issueClient({ commonName: 'sluice' });
    await secret('tls', { 'ca.crt': authority.certificate, 'tls.crt': client.certificate, 'tls.key': client.key });
    await apply({ url: repo.url, secretRef: { name: 'tls' } });
    await atRevision(sha);
    await secret('half', { 'ca.crt': authority.certificate, 'tls.crt': client.certificate });
    await apply({ url: repo.url, secretRef: { name: 'half' } });
    await failed('AuthenticationFailed');
  });

  it('sends no credentials along a redirect to another host', async () => {
    await using other = await GitServer.start();
    const elsewhere = await other.create('elsewhere');
    await elsewhere.commit({ files: { a: '1' } });
    await secret('creds', { username: 'user', password: 'secret' });
    repository.fault = { kind: 'redirect', to: `${other.url.replace('127.0.0.1', 'localhost')}` };
    await apply({ secretRef: { name: 'creds' } });
    await failed();
    assert.deepEqual(
      other.requests.filter(({ authorization }) => authorization !== undefined),
      [],
    );
  });

  for (const [what, fault, message] of [
    ['hangs', { kind: 'hang' }, /context deadline exceeded/],
    [
      'stalls in the middle of the files',
      { kind: 'stall', only: 'git-upload-pack', afterBytes: 300 },
      /deadline exceeded/,
    ],
    ['answers 500', { kind: 'status', status: 500 }, /status code: 500/],
    ['closes the connection', { kind: 'reset' }, /unable to clone/],
    [
      'cuts its answer short',
      { kind: 'truncate', only: 'git-upload-pack', afterBytes: 300, clean: true },
      /unable to clone/,
    ],
    [
      'sends damaged data',
      { kind: 'corrupt', only: 'git-upload-pack', atByte: 1500 },
      /unable to clone|unable to resolve/,
    ],
  ] as const) {
    it(`reports a server that ${what}, and recovers`, async () => {
      const sha = await commit({ a: incompressible(4000) });
      repository.fault = fault;
      await apply({ timeout: '2s' });
      const object = await failed('GitOperationFailed');
      assert.match(readyMessage(object), message);
      assert.equal(statusOf(object)['artifact'], undefined);
      assert.equal(statusOf(object)['observedGeneration'], -1);
      repository.fault = undefined;
      await atRevision(sha);
    });
  }

  it('repairs storage that was wiped or altered, also while it was not running', async () => {
    const sha = await commit({ a: '1' });
    await apply();
    const first = artifactOf(await ready());
    const file = join(storagePath(), first.path);

    await rm(file);
    await request();
    assert.deepEqual(await artifactFiles(await atRevision(sha)), { a: '1' });

    await writeFile(file, 'altered');
    await request();
    assert.deepEqual(await artifactFiles(await atRevision(sha)), { a: '1' });
    await waitFor(async () => (await reasons()).includes('ArtifactVerificationFailed'), 'the event');

    await controller.stop();
    await rm(storagePath(), { recursive: true, force: true });
    const { lastUpdateTime } = artifactOf(await ready());
    await waitFor(() => new Date().toISOString().slice(0, 19) > lastUpdateTime.slice(0, 19), 'the clock to move on');
    await startController();
    await wait('stored again', (object) => isReady(object) && artifactOf(object).lastUpdateTime !== lastUpdateTime);
    assert.deepEqual(await artifactFiles(await ready()), { a: '1' });
  });

  it('keeps artifacts over a restart, and takes a new address', async () => {
    await commit({ a: '1' });
    await apply();
    const before = artifactOf(await ready());
    await controller.stop();
    const requests = git.requests.length;
    storageAddr = undefined;
    await startController();
    const address = String(storageAddr);
    const moved = await wait('moved', (object) => isReady(object) && artifactOf(object).url.includes(address));
    assert.deepEqual(artifactOf(moved), { ...before, url: `http://${address}/${before.path}` });
    assert.deepEqual(await artifactFiles(moved), { a: '1' });
    const fetched = git.requests
      .slice(requests)
      .filter(({ repository: name }) => repository.url.endsWith(`/${name}.git`));
    assert.deepEqual(
      fetched.map(({ service }) => service),
      ['info/refs', 'git-upload-pack'],
    );
  });

  it('leaves out what is ignored, by files and by the spec', async () => {
    await commit({
      '.sourceignore': '*.md\n',
      'docs/.sourceignore': '!keep.md\n/drafts/\n',
      'README.md': '',
      'docs/keep.md': 'keep',
      'docs/drafts/x': '',
      'a.png': 'image',
      'deploy/a.yaml': 'a',
    });
    await apply();
    assert.deepEqual(Object.keys(await artifactFiles(await ready())).sort(), [
      '.sourceignore',
      'a.png',
      'deploy/',
      'deploy/a.yaml',
      'docs/',
      'docs/.sourceignore',
      'docs/keep.md',
    ]);
    const digest = artifactOf(await ready()).digest;
    await apply({ ignore: '/*\n!/deploy\n' });
    const object = await wait('packed anew', (now) => isReady(now) && artifactOf(now).digest !== digest);
    assert.deepEqual(await artifactFiles(object), { 'deploy/': '', 'deploy/a.yaml': 'a' });
    assert.equal(statusOf(object)['observedIgnore'], '/*\n!/deploy\n');
  });

  it('checks out directories only, and says which is not there', async () => {
    await commit({ 'app/a': '1', 'other/b': '2' });
    await apply({ sparseCheckout: ['./app'] });
    const object = await ready();
    assert.deepEqual(await artifactFiles(object), { 'app/': '', 'app/a': '1' });
    assert.deepEqual(statusOf(object)['observedSparseCheckout'], ['./app']);
    await apply({ sparseCheckout: ['nowhere'] });
    assert.match(readyMessage(await failed('GitOperationFailed')), /sparse checkout dir 'nowhere' does not exist/);
  });

  it('fetches submodules when asked', async () => {
    const module = await git.create(`module-${count}`);
    const submodule = await module.commit({ files: { inner: 'x' } });
    const config = `[submodule "m"]\n\tpath = lib/m\n\turl = ../module-${count}.git\n`;
    await commit({ '.gitmodules': config, 'lib/m': { submodule }, a: '1' });
    await apply();
    assert.equal((await artifactFiles(await ready()))['lib/m/inner'], undefined);
    await apply({ recurseSubmodules: true });
    const object = await wait(
      'with submodules',
      (now) => isReady(now) && statusOf(now)['observedRecurseSubmodules'] === true,
    );
    assert.equal((await artifactFiles(object))['lib/m/inner'], 'x');
  });

  it('copies others in, waits for them, and is made again when they change', async () => {
    await commit({ 'own.yaml': 'own' });
    const library = await git.create(`library-${count}`);
    await library.commit({ files: { 'base/x.yaml': '1', 'top.yaml': 'top' } });
    const include = [
      { repository: { name: 'library' }, fromPath: 'base', toPath: 'vendor/base' },
      { repository: { name: 'library' } },
    ];
    await apply({ include });
    const waiting = await failed('NotFound');
    assert.equal(condition(waiting, 'IncludeUnavailable')?.reason, 'NotFound');
    await apply({ url: library.url }, 'library');
    const object = await ready();
    const files = {
      'own.yaml': 'own',
      'library/': '',
      'library/base/': '',
      'library/base/x.yaml': '1',
      'library/top.yaml': 'top',
      'vendor/': '',
      'vendor/base/': '',
      'vendor/base/x.yaml': '1',
    };
    assert.deepEqual(await artifactFiles(object), files);
    assert.equal(condition(object, 'IncludeUnavailable'), undefined);
    const { includedArtifacts, observedInclude } = statusOf(object);
    assert.deepEqual(observedInclude, include);
    assert.equal((includedArtifacts as unknown[]).length, 2);

    const digest = artifactOf(object).digest;
    const sha = await library.commit({ files: { 'base/x.yaml': '2' } });
    await request('library');
    await atRevision(sha, 'library');
    const changed = await wait('made again', (now) => isReady(now) && artifactOf(now).digest !== digest);
    assert.equal((await artifactFiles(changed))['vendor/base/x.yaml'], '2');
  });

  for (const [what, include, wanted] of [
    ['a destination above the repository stays inside', { toPath: '../../up' }, { 'up/x': '1' }],
    ['a source above the artifact stays inside', { fromPath: '../..', toPath: 'in' }, { 'in/x': '1' }],
  ] as const) {
    it(`confines includes: ${what}`, async () => {
      await commit({ own: '0' });
      const library = await git.create(`library-${count}`);
      await library.commit({ files: { x: '1' } });
      await apply({ url: library.url }, 'library');
      await ready('library');
      await apply({ include: [{ repository: { name: 'library' }, ...include }] });
      const files = await artifactFiles(await ready());
      for (const [path, content] of Object.entries(wanted)) assert.equal(files[path], content);
    });
  }

  it('refuses an include onto something that is there, and one that is not', async () => {
    await commit({ 'taken/own': '0' });
    const library = await git.create(`library-${count}`);
    await library.commit({ files: { x: '1' } });
    await apply({ url: library.url }, 'library');
    await ready('library');
    await apply({ include: [{ repository: { name: 'library' }, toPath: 'taken' }] });
    assert.equal(condition(await failed('CopyFailure'), 'StorageOperationFailed')?.reason, 'CopyFailure');
    await apply({ include: [{ repository: { name: 'library' }, fromPath: 'nowhere' }] });
    const missing = /failed to copy 'library' include from nowhere to library: no such file/;
    await wait('failed', (object) => isFailed(object, 'CopyFailure') && missing.test(readyMessage(object)));
  });

  it('keeps symlinks out, wherever they lead', async () => {
    await commit({
      'a.yaml': 'a',
      escape: { symlink: '../../../../etc/passwd' },
      absolute: { symlink: '/etc/passwd' },
      'dir/inside': { symlink: '../a.yaml' },
    });
    await apply();
    assert.deepEqual(await artifactFiles(await ready()), { 'a.yaml': 'a', 'dir/': '' });
  });

  it('takes a file of 10 MB', async () => {
    const content = Buffer.alloc(10_000_000, 'large content ');
    await commit({ large: content });
    await apply();
    assert.equal((await artifactFiles(await ready()))['large']?.length, 10_000_000);
  });

  for (const [field, spec, reason] of [
    ['verify', { verify: { secretRef: { name: 'keys' } } }, 'VerificationError'],
    ['ssh', { url: 'ssh://git@example.com/x.git' }, 'UnsupportedConnectionType'],
    ['provider azure', { provider: 'azure' }, 'InvalidProviderConfiguration'],
    ['provider github', { provider: 'github' }, 'InvalidProviderConfiguration'],
    ['serviceAccountName', { provider: 'aws', serviceAccountName: 'x' }, 'FeatureGateDisabled'],
    ['a timeout beyond measure', { timeout: '99999999999999m' }, 'GitOperationFailed'],
  ] as const) {
    it(`stalls on ${field} instead of ignoring it`, async () => {
      await commit({ a: '1' });
      await apply(spec);
      const object = await failed(reason);
      assert.equal(condition(object, 'Stalled')?.status, 'True');
      assert.equal(condition(object, 'Reconciling'), undefined);
      assert.equal(statusOf(object)['observedGeneration'], object.metadata['generation']);
      assert.equal(statusOf(object)['artifact'], undefined);
      await apply();
      await ready();
    });
  }

  it('shares one fetch among objects that want the same at the same time', async () => {
    repository.fault = { kind: 'drip', only: 'git-upload-pack', bytesPerSecond: 4000 };
    const sha = await commit({ a: incompressible(6000) });
    const names = ['one', 'two', 'three'];
    const before = git.requests.length;
    for (const name of names) await apply({}, name);
    for (const name of names) await atRevision(sha, name);
    // Each asks what the branch is; the commit travels once.
    const posts = git.requests.slice(before).filter(({ method }) => method === 'POST');
    assert.equal(posts.length, names.length + 1);
  });

  it('removes its artifacts when it is deleted, also while suspended', async () => {
    await commit({ a: '1' });
    for (const suspend of [false, true]) {
      await apply();
      const { url } = artifactOf(await ready());
      if (suspend) await apply({ suspend });
      await kubectl.delete(ref(apiVersion, 'GitRepository', 'repo'));
      await kubectl.waitGone(ref(apiVersion, 'GitRepository', 'repo'));
      assert.equal((await fetch(url)).status, 404);
      assert.deepEqual(await readdir(join(storagePath(), 'gitrepository', kubectl.namespace)), []);
    }
  });

  it('goes on after the API server was away', async () => {
    await commit({ a: '1' });
    await apply();
    await ready();
    await plane.restartApiServer();
    const sha = await commit({ a: '2' });
    await waitFor(() => request(), 'the request to be handled');
    await atRevision(sha);
  });
});

/** Bytes that no compression makes fewer, the same each time. */
function incompressible(length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update('seed').digest();
}

function statusOf(object: ApiObject): Readonly<Record<string, unknown>> {
  return (object['status'] ?? {}) as Readonly<Record<string, unknown>>;
}

function revisionOf(object: ApiObject): string | undefined {
  return (statusOf(object)['artifact'] as { revision?: string } | undefined)?.revision;
}
