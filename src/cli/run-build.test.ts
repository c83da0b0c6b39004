import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { GitServer } from '../../test/gitserver/git-server.ts';
import { buildCommand } from './build.ts';
import { type BuildFlags, defaultBuildFlags, runBuild } from './run-build.ts';

const object = (kind: string, name: string, more = '') =>
  `apiVersion: ${kind === 'Deployment' ? 'apps/v1' : 'v1'}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${more}`;

async function withFiles(files: Readonly<Record<string, string>>, use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-build-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
    }
    await use(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function run(dir: string, flags: Partial<BuildFlags> = {}) {
  const seen = { code: -1, out: '', errors: [] as string[] };
  const output = { out: (text: string) => (seen.out += text), error: (line: string) => seen.errors.push(line) };
  seen.code = await runBuild(dir, { ...defaultBuildFlags, ...flags }, output);
  return seen;
}

const overlay = {
  'base/kustomization.yaml': 'resources: [z.yaml, cm.yaml, ns.yaml]',
  'base/z.yaml': object('Deployment', 'web'),
  'base/cm.yaml': object('ConfigMap', 'Settings', '  namespace: one\n'),
  'base/ns.yaml': object('Namespace', 'one'),
  'over/kustomization.yaml': 'resources: [../base]\npatches: [{path: ../patch.yaml}]',
  'patch.yaml': object('Deployment', 'web', 'spec: {replicas: 2}\n'),
  'old/kustomization.yaml': 'bases: [../base]',
  'several/kustomization.yaml': 'resources: [one.yaml, two.yaml]',
};

describe('sluice build', () => {
  it('prints the objects in the order of kinds, and problems on standard error', () =>
    withFiles(overlay, async (dir) => {
      const { code, out, errors } = await run(join(dir, 'base'));
      assert.deepEqual([code, errors], [0, []]);
      assert.equal(
        out,
        [
          object('Namespace', 'one'),
          object('ConfigMap', 'Settings', '  namespace: one\n'),
          object('Deployment', 'web'),
        ].join('---\n'),
      );
      const failed = await run(join(dir, 'nowhere'));
      assert.deepEqual([failed.code, failed.out], [1, '']);
      const several = await run(join(dir, 'several'));
      assert.equal(several.errors.length, 2, several.errors.join('\n'));
      for (const line of several.errors) assert.match(line, /^Error: .*(one|two)\.yaml' doesn't exist/);
      assert.match(failed.errors.join(), /^Error: must build at directory.*nowhere/);
      assert.match((await run(join(dir, 'old'))).errors.join(), /^# Warning: .*'bases' is deprecated/);
    }));

  it('has the flags of kustomize build', () =>
    withFiles(overlay, async (dir) => {
      assert.match((await run(join(dir, 'base'), { reorder: 'none' })).out, /^apiVersion: apps/);
      assert.match((await run(join(dir, 'over'))).errors.join(), /security; file .*patch\.yaml/);
      assert.match((await run(join(dir, 'over'), { loadRestrictor: 'LoadRestrictionsNone' })).out, /replicas: 2/);
      const labelled = await run(join(dir, 'base'), { enableManagedbyLabel: true });
      assert.match(labelled.out, /managed-by: kustomize-v5\.8\.2/);
      assert.match((await run(join(dir, 'nowhere'), { stackTrace: true })).errors.join('\n'), /\n {4}at /);
    }));

  it('writes a file, or one per object under the names that kustomize gives them', () =>
    withFiles(overlay, async (dir) => {
      const base = join(dir, 'base');
      const file = join(dir, 'out.yaml');
      assert.deepEqual(await run(base, { output: file }), { code: 0, out: '', errors: [] });
      assert.equal(await readFile(file, 'utf8'), (await run(base)).out);
      await mkdir(join(dir, 'out'));
      await run(base, { output: join(dir, 'out') });
      assert.deepEqual(await readdir(join(dir, 'out')), [
        'default_apps_v1_deployment_web.yaml',
        'one_v1_configmap_settings.yaml',
        'v1_namespace_one.yaml',
      ]);
      assert.equal(await readFile(join(dir, 'out/v1_namespace_one.yaml'), 'utf8'), object('Namespace', 'one'));
      assert.equal((await run(base, { output: join(dir, 'no/such/dir.yaml') })).code, 1);
    }));

  it('begins in a repository, and reads remote files', async () => {
    await using git = await GitServer.start();
    const repository = await git.create('org/repo');
    await repository.commit({ files: overlay });
    const { code, out } = await run(`${repository.url}//base?ref=main`);
    assert.equal(code, 0);
    assert.match(out, /name: web/);
    const web = createServer((_, response) => response.end(object('ConfigMap', 'remote')));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}/a.yaml`;
    await withFiles({ 'kustomization.yaml': `resources: ["${address}"]` }, async (dir) => {
      assert.equal((await run(dir)).out, object('ConfigMap', 'remote'));
    });
    web.close();
    assert.match((await run('git@github.com:org/repo')).errors.join(), /over SSH/);
  });
});

describe('flags that would run programs', () => {
  const flags = [
    ['--enable-helm'],
    ['--helm-command', 'x'],
    ['--helm-api-versions', 'v1'],
    ['--helm-kube-version', '1.30'],
    ['--helm-debug'],
    ['--enable-alpha-plugins'],
    ['--enable-exec'],
    ['--as-current-user'],
    ['--network'],
    ['--network-name', 'bridge'],
    ['--mount', 'type=bind'],
    ['--env', 'A=B'],
    ['-e', 'A'],
  ];
  for (const given of flags) {
    it(`are refused with a reason: ${given.join(' ')}`, async () => {
      const command = buildCommand()
        .exitOverride()
        .configureOutput({ writeErr: () => undefined });
      await assert.rejects(command.parseAsync([...given, '.'], { from: 'user' }), /is refused: \w+/);
    });
  }

  it('and so are unknown ones, wrong values and a second directory', async () => {
    for (const given of [['--nope'], ['--reorder', 'x'], ['--load-restrictor', 'none'], ['a', 'b']]) {
      const command = buildCommand()
        .exitOverride()
        .configureOutput({ writeErr: () => undefined });
      await assert.rejects(command.parseAsync(given, { from: 'user' }), { exitCode: 1 }, given.join(' '));
    }
  });
});
