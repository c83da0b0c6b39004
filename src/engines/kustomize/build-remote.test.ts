import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryTree } from '../../lib/memory-tree.ts';
import { BuildError } from './build-error.ts';
import { buildWithRemotes, type RemoteBuildOptions } from './build-remote.ts';
import type { RemoteLimits } from './remote/fetched.ts';
import type { RemoteFile, RemoteSource } from './remote/remote-source.ts';
import { shownRepo } from './remote/repo-spec.ts';

type Files = Readonly<Record<string, string>>;

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

/** A world of HTTP files (a number is a status) and of repositories by clone URL. */
class World implements RemoteSource {
  readonly asked: string[] = [];
  readonly files: Readonly<Record<string, string | number>>;
  readonly repositories: Readonly<Record<string, Files>>;

  constructor(files: Readonly<Record<string, string | number>>, repositories: Readonly<Record<string, Files>> = {}) {
    this.files = files;
    this.repositories = repositories;
  }

  file: RemoteSource['file'] = (url): Promise<RemoteFile> => {
    this.asked.push(url);
    const answer = this.files[url];
    if (answer === undefined) return Promise.reject(new Error('connection refused'));
    return Promise.resolve(
      typeof answer === 'number' ? { status: answer } : { bytes: new TextEncoder().encode(answer) },
    );
  };

  repository: RemoteSource['repository'] = (spec) => {
    this.asked.push(shownRepo(spec, ''));
    const files = this.repositories[spec.cloneUrl];
    if (files === undefined) return Promise.reject(new Error(`no repository at ${shownRepo(spec, '')}`));
    return Promise.resolve({ tree: memoryTree(files), commit: `commit of ${spec.ref}` });
  };
}

const run = (files: Files, source: RemoteSource, options: Partial<RemoteBuildOptions> = {}) =>
  buildWithRemotes(memoryTree(files), '', {
    source,
    reorder: 'none',
    signal: new AbortController().signal,
    ...options,
  });

async function names(files: Files, source: RemoteSource): Promise<unknown[]> {
  const { objects } = await run(files, source);
  return objects.map((object) => (object['metadata'] as { readonly name: string }).name);
}

async function failure(files: Files, source: RemoteSource, options: Partial<RemoteBuildOptions> = {}): Promise<string> {
  const error = await run(files, source, options).then(
    () => assert.fail('the build did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof BuildError, String(error));
  return error.message;
}

const repo = {
  'base/kustomization.yaml': 'resources: [cm.yaml]',
  'base/cm.yaml': configMap('remote'),
  'deep/overlay/kustomization.yaml':
    'resources: [../../base]\nnamePrefix: deep-\nconfigMapGenerator: [{name: gen, literals: [a=b]}]',
  'component/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {c: d}',
  'kustomization.yaml': 'resources: [base]',
  'escape/kustomization.yaml': 'resources: [../../outside]',
  'escape-file/kustomization.yaml': 'configMapGenerator: [{name: x, files: [../../secret]}]',
  'up/kustomization.yaml': 'configMapGenerator: [{name: x, files: [../base/cm.yaml]}]',
  'circle/kustomization.yaml': 'resources: ["https://x.example/org/repo.git//circle"]',
};
const world = () =>
  new World(
    {
      'https://x.example/a.yaml': configMap('file'),
      'https://x.example/org/repo/a.yaml': configMap('raw'),
      'https://x.example/page/of/repo': '<html>\n <a>b: c\n</html>',
      'https://x.example/missing.yaml': 404,
      'https://x.example/org/repo.git//base': 404,
      'https://x.example/org/repo.git//circle': 404,
      'https://x.example/org/none/x': 500,
    },
    {
      'https://x.example/org/repo.git': repo,
      'https://x.example/page/of': {
        'repo/kustomization.yaml': 'resources: [a.yaml]',
        'repo/a.yaml': configMap('page'),
      },
      'git@x.example:org/repo.git': repo,
    },
  );

describe('a build with remotes', () => {
  it('asks nobody when there are none', async () => {
    const source = world();
    assert.deepEqual(await names({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('a') }, source), [
      'a',
    ]);
    assert.deepEqual(source.asked, []);
  });

  it('reads a file wherever a file may be named', async () => {
    const source = world();
    const kustomization = `resources: ["https://x.example/a.yaml"]
patches: [{path: "https://x.example/patch.yaml"}]
configMapGenerator: [{name: g, files: ["k=https://x.example/a.yaml"], options: {disableNameSuffixHash: true}}]`;
    const patch = `${configMap('file')}data: {patched: yes-it-is}\n`;
    const { objects, remotes } = await run(
      { 'kustomization.yaml': kustomization },
      new World({ ...source.files, 'https://x.example/patch.yaml': patch }),
    );
    assert.deepEqual(objects[0]?.['data'], { patched: 'yes-it-is' });
    assert.deepEqual(objects[1]?.['data'], { k: configMap('file') });
    assert.deepEqual(
      remotes.map(({ url }) => url),
      ['https://x.example/a.yaml', 'https://x.example/patch.yaml'],
    );
  });

  it('takes an address for a file first, and for a repository when there is none that can be read', async () => {
    const source = world();
    const resources = [
      'https://x.example/org/repo/a.yaml',
      'https://x.example/page/of/repo',
      'https://x.example/org/repo.git//base',
    ];
    assert.deepEqual(await names({ 'kustomization.yaml': `resources: ${JSON.stringify(resources)}` }, source), [
      'raw',
      'page',
      'remote',
    ]);
    assert.deepEqual(
      source.asked.toSorted(),
      [...resources, 'https://x.example/page/of', 'https://x.example/org/repo.git'].toSorted(),
    );
  });

  it('finds bases in their repository, takes components from one, and asks once', async () => {
    const source = world();
    const { objects, remotes } = await run(
      {
        'kustomization.yaml': `buildMetadata: [originAnnotations]
resources: ["git@x.example:org/repo.git//deep/overlay?ref=v1"]
components: ["git@x.example:org/repo.git//component?ref=v1"]`,
      },
      source,
    );
    assert.deepEqual(source.asked, ['git@x.example:org/repo.git?ref=v1']);
    assert.deepEqual(remotes, [{ url: 'git@x.example:org/repo.git', content: { commit: 'commit of v1' } }]);
    const annotations = objects.map(({ metadata }) => (metadata as { readonly annotations: object }).annotations);
    assert.deepEqual(annotations, [
      {
        c: 'd',
        'config.kubernetes.io/origin': 'path: base/cm.yaml\nrepo: git@x.example:org/repo.git\nref: v1\n',
      },
      {
        c: 'd',
        'config.kubernetes.io/origin': `repo: git@x.example:org/repo.git
ref: v1
configuredIn: deep/overlay/kustomization.yaml
configuredBy:
  apiVersion: builtin
  kind: ConfigMapGenerator
`,
      },
    ]);
  });

  it('may itself begin in a repository', async () => {
    const { objects } = await buildWithRemotes(
      memoryTree({}),
      { url: 'git@x.example:org/repo.git?ref=v1' },
      { source: world(), signal: new AbortController().signal },
    );
    assert.equal(objects.length, 1);
  });

  it('keeps credentials out of annotations and messages', async () => {
    const address = 'https://user:hunter2@x.example/org/repo.git//base';
    const source = new World({ [address]: 404 }, { 'https://user:hunter2@x.example/org/repo.git': repo });
    const files = { 'kustomization.yaml': `buildMetadata: [originAnnotations]\nresources: ["${address}"]` };
    const { toYaml } = await run(files, source);
    assert.match(toYaml(), /repo: https:\/\/\*{5}@x.example/);
    assert.doesNotMatch(toYaml(), /hunter2/);
    assert.doesNotMatch(await failure(files, new World({})), /hunter2/);
  });
});

describe('a build with remotes that cannot be read', () => {
  const cases: readonly { readonly name: string; readonly resource: string; readonly says: readonly RegExp[] }[] = [
    {
      name: 'a file that is not there',
      resource: 'https://x.example/missing.yaml',
      says: [/missing\.yaml': HTTP Error: status code 404 \(Not Found\)/],
    },
    {
      name: 'a host that does not answer',
      resource: 'https://y.example/a.yaml',
      says: [/y\.example\/a\.yaml': connection refused/],
    },
    {
      name: 'neither file nor repository',
      resource: 'https://x.example/org/none/x',
      says: [/URL is a git repository/, /no repository at https:\/\/x\.example\/org\/none/],
    },
    {
      name: 'a directory that is not there',
      resource: 'git@x.example:org/repo.git//nowhere',
      says: [/'git@x.example:org\/repo.git\/\/nowhere' doesn't exist/],
    },
    { name: 'a file as a base', resource: 'git@x.example:org/repo.git//base/cm.yaml', says: [/expecting directory/] },
    {
      name: 'a base outside of its repository',
      resource: 'git@x.example:org/repo.git//escape',
      says: [/security; file .*outside' is not in or below/],
    },
    {
      name: 'a file outside of its repository',
      resource: 'git@x.example:org/repo.git//escape-file',
      says: [/security; file/, /secret/],
    },
    {
      name: 'a file above its kustomization',
      resource: 'git@x.example:org/repo.git//up',
      says: [/security; file .*base\/cm\.yaml' is not in or below/],
    },
    {
      name: 'a component among the resources',
      resource: 'git@x.example:org/repo.git//component',
      says: [/expected kind != 'Component'/],
    },
    { name: 'a circle', resource: 'https://x.example/org/repo.git//circle', says: [/cycle detected: URI/] },
  ];
  for (const { name, resource, says } of cases) {
    it(`tells of ${name}`, async () => {
      const message = await failure(
        { 'kustomization.yaml': `resources: ["${resource}"]`, outside: 'x', secret: 'x' },
        world(),
        { loadRestrictions: 'none' },
      );
      for (const pattern of says) assert.match(message, pattern);
    });
  }

  const limited = (limits: Partial<RemoteLimits>, files: Files) =>
    failure(files, world(), { remoteLimits: { maxRemotes: 100, maxFileBytes: 1e6, maxTotalBytes: 1e6, ...limits } });

  it('ends at its limits', async () => {
    const two = {
      'kustomization.yaml': 'resources: ["https://x.example/a.yaml", "https://x.example/org/repo/a.yaml"]',
    };
    assert.match(await limited({ maxRemotes: 1 }, two), /more than 1 remote/);
    assert.match(await limited({ maxTotalBytes: 60 }, two), /more than 60 bytes together/);
    const endless: RemoteSource = {
      file: () => Promise.resolve({ status: 404 }),
      repository: ({ ref }) => {
        const next = `resources: ["git@x.example:a/b?ref=${Number(ref) + 1}"]`;
        return Promise.resolve({ tree: memoryTree({ 'kustomization.yaml': next }), commit: ref });
      },
    };
    const files = { 'kustomization.yaml': 'resources: ["git@x.example:a/b?ref=1000"]' };
    assert.match(await failure(files, endless, { maxDepth: 7 }), /deeper than 7 levels/);
    const limits = { maxRemotes: 9, maxFileBytes: 1e6, maxTotalBytes: 1e6 };
    assert.match(await failure(files, endless, { remoteLimits: limits }), /more than 9 remote/);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const source: RemoteSource = {
      file: () => {
        stop.abort(new Error('enough'));
        return Promise.reject(new Error('aborted'));
      },
      repository: () => Promise.reject(new Error('not asked for')),
    };
    const built = run({ 'kustomization.yaml': 'resources: ["https://x.example/a.yaml"]' }, source, {
      signal: stop.signal,
    });
    await assert.rejects(built, /enough/);
  });
});
