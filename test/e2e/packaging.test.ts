import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { loadAll } from 'js-yaml';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { GitServer } from '../gitserver/git-server.ts';
import type { Repository } from '../gitserver/repository.ts';
import type { ApiObject } from '../support/api-client.ts';
import { condition, isReady } from '../support/conditions.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { freePort } from '../support/free-port.ts';
import { Kubectl, ref } from '../support/kubectl.ts';
import { ProcessGroup } from '../support/process-group.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const source = 'source.toolkit.fluxcd.io/v1';
const kustomize = 'kustomize.toolkit.fluxcd.io/v1';

/** As whom the image runs. Without root's help nobody can become that, and the test stays who it is. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;

/** `build --production`, with programs of this project first, as npm has them. */
async function buildLayout(layout: string): Promise<void> {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  await run(process.execPath, [join(root, 'tools', 'build.ts'), '--production', layout], {
    env: { ...process.env, PATH: path },
    maxBuffer: 16 << 20,
    timeout: 300_000,
  });
}

/** Readable for everybody, writable for nobody: the image's file system is read-only. */
async function protect(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, (mode | 0o444 | (entry.isDirectory() ? 0o111 : 0)) & 0o555);
  }
  await chmod(dir, 0o555);
}

/** Everything in a folder that a program could have left there. */
async function snapshot(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const described = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, size } = await stat(path);
    return `${path} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(described)).sort();
}

/** What the image's user owns where everybody may write. */
async function strays(except: string): Promise<readonly string[]> {
  if (nobody === undefined) return [];
  const found: string[] = [];
  for (const dir of [tmpdir(), '/var/tmp', '/dev/shm']) {
    for (const name of existsSync(dir) ? await readdir(dir) : []) {
      const path = join(dir, name);
      const owner = await stat(path).catch(() => undefined);
      if (owner?.uid === nobody.uid && path !== except) found.push(path);
    }
  }
  return found.sort();
}

describe('the production layout', () => {
  let base = '';
  let layout = '';
  let work = '';
  let node = '';
  let plane: ControlPlane;
  let git: GitServer;
  let group: ProcessGroup;
  let kubectl: Kubectl;
  let repository: Repository;
  let installed: readonly ApiObject[];
  let layoutBefore: readonly string[];
  let straysBefore: readonly string[];
  const controllers: ControllerProcess[] = [];

  const sluice = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    run(node, [join(layout, 'dist', 'main.js'), ...args], { env: {}, cwd: layout, maxBuffer: 16 << 20, ...nobody });

  /** Runs what the Deployment runs, as a ServiceAccount, with nothing but the volumes to write to. */
  const startController = async (name: string, flags: readonly string[]): Promise<void> => {
    const deployment = installed.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
    const { containers } = (deployment as unknown as PodOwner).spec.template.spec;
    const [program, entry, argument] = containers[0]?.command ?? [];
    assert.equal(program, 'node');
    assert.equal(argument, name);
    const kubeconfig = join(work, `${name}.kubeconfig`);
    const granted = await plane.kubeconfigForServiceAccount('flux-system', name);
    await writeFile(kubeconfig, await readFile(granted), { mode: 0o600 });
    if (nobody !== undefined) await chown(kubeconfig, nobody.uid, nobody.gid);
    controllers.push(
      await ControllerProcess.start({
        name,
        kubeconfig,
        group,
        node,
        entry: (entry ?? '').replace(/^\/app/, layout),
        cwd: layout,
        ...(nobody === undefined ? {} : { user: nobody }),
        flags: ['--events-addr=', '--enable-leader-election', ...flags],
        env: {
          HOME: '/nonexistent',
          TMPDIR: join(work, 'tmp'),
          NODE_ENV: 'production',
          NODE_COMPILE_CACHE: join(work, 'tmp', 'node-compile-cache'),
        },
      }),
    );
  };

  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'sluice-packaging-'));
    group = new ProcessGroup([base]);
    [layout, work, node] = [join(base, 'app'), join(base, 'work'), join(base, 'node')];
    await chmod(base, 0o755);
    [plane, git] = await Promise.all([startControlPlane(), GitServer.start(), buildLayout(layout)]);
    await protect(layout);
    await copyFile(process.execPath, node, constants.COPYFILE_FICLONE); // the checkout may be out of the user's reach
    await chmod(node, 0o555);
    for (const dir of [work, join(work, 'tmp'), join(work, 'storage')]) {
      await mkdir(dir);
      if (nobody !== undefined) await chown(dir, nobody.uid, nobody.gid);
    }
    layoutBefore = await snapshot(layout);
    straysBefore = await strays(base);
    kubectl = new Kubectl(plane.admin, 'flux-system');
    repository = await git.create('fleet');
  });
  after(async () => {
    await git?.stop();
    await plane?.stop();
    if (base !== '') await run('chmod', ['-R', 'u+w', base]);
    await group?.close();
    await rm(base, { recursive: true, force: true });
  });

  it('holds compiled code and production dependencies, and no more', async () => {
    const { devDependencies, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
      dependencies: Record<string, string>;
    };
    const has = (name: string): boolean => existsSync(join(layout, 'node_modules', name));
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => !has(name)),
      [],
    );
    assert.deepEqual(
      Object.keys(devDependencies).filter((name) => has(name) && !name.startsWith('@types/')), // some come with others
      [],
    );
    const code = (await readdir(join(layout, 'dist'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
    // The commands that start quickly are there as scripts with their compiled code, too.
    const quick = /^quick-\w+\.(script|code)$/;
    assert.deepEqual(
      code.filter((name) => !(/\.(js|json)$/.test(name) || quick.test(name)) || name.endsWith('.test.js')),
      [],
    );
    assert.ok(existsSync(join(layout, 'LICENSE')));
  });

  it('tells its version and explains itself', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal((await sluice('--version')).stdout.trim(), version);
    assert.match((await sluice('--help')).stdout, /source-controller.*kustomize-controller/s);
  });

  it('says that the demo needs a checkout', async () => {
    await assert.rejects(sluice('demo', '--once'), { code: 1, stdout: /the demo needs a checkout/ });
  });

  it('installs itself', async () => {
    const { stdout } = await sluice('install', '--export');
    installed = (loadAll(stdout) as ApiObject[]).filter(Boolean);
    await kubectl.apply(installed);
    for (const name of ['gitrepositories.source', 'kustomizations.kustomize']) {
      const crd = ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${name}.toolkit.fluxcd.io`);
      await kubectl.waitFor(crd, 'established', (object) => condition(object, 'Established')?.status === 'True');
    }
  });

  it('reconciles a repository end to end, without root and with nothing to write to but its volumes', async () => {
    await repository.commit({
      files: { 'app/settings.yaml': configMap('settings', 'one'), 'app/more.yaml': configMap('more', 'x') },
    });
    const address = `127.0.0.1:${await freePort()}`;
    await startController('source-controller', [
      `--storage-path=${join(work, 'storage')}`,
      `--storage-addr=${address}`,
      `--storage-adv-addr=${address}`,
    ]);
    await startController('kustomize-controller', []);
    const metadata = { name: 'fleet', namespace: 'flux-system' };
    const sourceRef = { kind: 'GitRepository', name: 'fleet' };
    await kubectl.apply([
      {
        apiVersion: source,
        kind: 'GitRepository',
        metadata,
        spec: { interval: '1s', url: repository.url, ref: { branch: 'main' } },
      },
      {
        apiVersion: kustomize,
        kind: 'Kustomization',
        metadata,
        spec: { interval: '1h', path: './app', prune: true, wait: true, sourceRef },
      },
    ]);
    const kustomization = ref(kustomize, 'Kustomization', 'fleet');
    await kubectl.waitFor(kustomization, 'ready', isReady);
    const settings = ref('v1', 'ConfigMap', 'settings', 'default');
    assert.deepEqual((await kubectl.get(settings))['data'], { value: 'one' });

    await repository.commit({ files: { 'app/settings.yaml': configMap('settings', 'two'), 'app/more.yaml': null } });
    await kubectl.waitFor(settings, 'changed', ({ data }) => (data as { value: string }).value === 'two');
    await kubectl.waitGone(ref('v1', 'ConfigMap', 'more', 'default'));
  });

  it('has written nothing elsewhere, and leaves no temporary files', async () => {
    assert.deepEqual(await Promise.all(controllers.map((controller) => controller.stop())), [0, 0]);
    assert.deepEqual(await snapshot(layout), layoutBefore);
    assert.deepEqual(await strays(base), straysBefore);
    const left = (await readdir(join(work, 'tmp'))).filter((name) => name !== 'node-compile-cache');
    assert.deepEqual(left, []);
    const [stored] = await readdir(join(work, 'storage'));
    assert.ok(stored !== undefined);
    if (nobody !== undefined) assert.equal((await stat(join(work, 'storage', stored))).uid, nobody.uid);
  });
});

interface PodOwner {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly command?: readonly string[] }[] } };
  };
}

function configMap(name: string, value: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { value },
  });
}
