import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { diskTree } from '../../../artifact/disk-tree.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { JobThreadOptions } from '../../../runtime/job-thread.ts';
import { buildManifests } from '../kustomization/build.ts';
import type { BuildRequest } from './build-request.ts';
import { BuildThread } from './build-thread.ts';

const signal = new AbortController().signal;
const spec: Kustomization['spec'] = {
  interval: '1h',
  prune: true,
  force: false,
  sourceRef: { kind: 'GitRepository', name: 'repo' },
};

describe('BuildThread', () => {
  let root = '';
  let thread: BuildThread | undefined;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-thread-'));
    const manifests = Array.from(
      { length: 2000 },
      (_, i) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${i}}\ndata: {number: "${i}"}\nbig: 12345678901234567890\n`,
    );
    const files = {
      'many/all.yaml': manifests.join('---\n'),
      'bad/kustomization.yaml': 'resources: [gone.yaml]\n',
      'remote/kustomization.yaml': 'resources: [https://host.invalid/a.yaml]\n',
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    }
  });
  after(() => rm(root, { recursive: true, force: true }));
  afterEach(() => thread?.close());

  function begin(options: JobThreadOptions = {}): BuildThread {
    thread = new BuildThread(options);
    return thread;
  }

  const request = (dir: string): BuildRequest => ({
    root,
    dir,
    spec,
    variables: undefined,
    strict: false,
    remotes: true,
  });
  const limits = { signal, timeoutMs: 30_000 };

  it('builds what a build here builds', async () => {
    const answer = await begin().build(request('many'), limits);
    const remotes = { source: undefined, signal };
    const here = await buildManifests({ ...request('many'), tree: diskTree(root), decryptionKeys: undefined, remotes });
    assert.ok('objects' in answer);
    assert.equal(answer.digest, here.digest);
    assert.deepEqual(
      answer.objects,
      here.objects.map((one) => JSON.stringify(one)),
    );
    assert.ok(answer.looks.includes('rmany/all.yaml'));
  });

  it('tells why a build failed, and goes on with the next', async () => {
    const builds = begin();
    const [bad, remote] = await Promise.all([
      builds.build(request('bad'), limits),
      builds.build(request('remote'), limits),
    ]);
    assert.match('failed' in bad ? bad.failed : '', /^kustomize build failed: .*gone\.yaml/);
    assert.deepEqual(remote, { elsewhere: true });
  });

  it('ends a build that takes too long, and builds the next in another thread', async () => {
    const builds = begin();
    const answer = await builds.build(request('many'), { signal, timeoutMs: 1 });
    assert.deepEqual(answer, { failed: 'kustomize build failed: it takes longer than 1ms' });
    assert.deepEqual(await builds.build(request('remote'), limits), { elsewhere: true });
  });

  it('ends a build that takes too much memory', async () => {
    const builds = begin({ maxMemoryMb: 6 });
    const answer = await builds.build(request('many'), limits);
    assert.deepEqual(answer, { failed: 'kustomize build failed: it needs more than 6 MiB of memory' });
    assert.equal(builds.isRunning, false);
  });

  it('ends a build that nobody waits for any more', async () => {
    const abort = new AbortController();
    const builds = begin();
    const made = builds.build(request('many'), { ...limits, signal: abort.signal });
    abort.abort(new Error('shutting down'));
    await assert.rejects(made, { message: 'shutting down' });
    assert.equal(builds.isRunning, false);
  });

  it('ends when it is idle', async () => {
    const builds = begin({ idleMs: 1 });
    await builds.build(request('remote'), limits);
    await waitFor(() => !builds.isRunning, 'the thread has ended');
  });
});
