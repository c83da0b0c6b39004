import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { ActionContext } from '../../src/controllers/helm/actions/context.ts';
import { install } from '../../src/controllers/helm/actions/install.ts';
import { rollback } from '../../src/controllers/helm/actions/rollback.ts';
import { test as testRelease } from '../../src/controllers/helm/actions/test.ts';
import { uninstall } from '../../src/controllers/helm/actions/uninstall.ts';
import { upgrade } from '../../src/controllers/helm/actions/upgrade.ts';
import { type ClosableClient, createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject, ResourceType } from '../../src/kube/object.ts';
import { parseYaml } from '../../src/yaml/parse.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import {
  type ActionBench,
  actionBench,
  chartOf,
  installing,
  rollingBack,
  uninstalling,
  upgrading,
} from '../support/helm-actions.ts';
import { edits, shapes } from '../support/merge-shapes.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);

/** The real thing, by the names under which it may be found: version 4 and version 3. */
const programs = ['helm', 'helm3'].flatMap((name) => {
  try {
    return [execFileSync('which', [name], { encoding: 'utf8' }).trim()];
  } catch {
    return [];
  }
});

const files = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: "9"\n',
  'values.yaml': 'color: red\nfails: false\n',
  'templates/NOTES.txt': 'The color is {{ .Values.color }}.\n',
  'templates/cm.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: {{ .Values.color | quote }}}
`,
  'templates/d.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {color: {{ .Values.color }}}}
    spec: {containers: [{name: web, image: "example.com/web:1"}]}
`,
  'templates/s.yaml': `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: {{ if .Values.fails }}99999{{ else }}80{{ end }}}]
`,
  'templates/hook.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-1"}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: "example.com/job:1"}]}
`,
  'templates/test.yaml': `apiVersion: batch/v1
kind: Job
metadata: {name: check, annotations: {helm.sh/hook: test}}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: "example.com/job:1"}]}
`,
};

const types: readonly ResourceType[] = [
  { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
  { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
];
const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

if (programs.length === 0) {
  describe('releases of helm', () => it('are shared with it', { skip: 'no helm and no helm3 on the PATH' }));
} else {
  describe('releases of helm', () => {
    let plane: ControlPlane;
    let client: ClosableClient;
    let folder = '';
    const caches: ActionBench['cache'][] = [];
    let namespaces = 0;

    before(async () => {
      plane = await startControlPlane({ kwok: true });
      client = createClient(await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false }), { qps: 0 });
      folder = mkdtempSync(join(tmpdir(), 'sluice-interop-'));
      writeChart('demo', files);
    });
    after(async () => {
      for (const cache of caches) cache.close();
      await client?.close();
      await plane?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const writeChart = (chart: string, content: Readonly<Record<string, string>>): void => {
      for (const [name, text] of Object.entries(content)) {
        const path = join(folder, chart, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    };

    for (const program of programs) {
      describe(basename(program), () => {
        // Server-side apply refuses to take over what another program has applied, unless it is told to.
        const force = execFileSync(program, ['version', '--short'], { encoding: 'utf8' }).startsWith('v4')
          ? ['--force-conflicts']
          : [];
        let ns = '';
        let context: ActionContext;
        const begin = async (): Promise<void> => {
          ns = `interop-${++namespaces}`;
          const type = await client.discovery.resourceFor({ group: '', version: 'v1', kind: 'Namespace' });
          await client.create(type, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
          const bench = actionBench(client, ns);
          caches.push(bench.cache);
          context = bench.context;
        };
        const helm = async (...args: readonly string[]): Promise<string> => {
          const { stdout } = await run(program, [...args, '--namespace', ns, '--kubeconfig', plane.kubeconfig], {
            cwd: folder,
            timeout: 60_000,
            env: { ...process.env, HOME: folder, HELM_CACHE_HOME: join(folder, 'cache') },
          });
          return stdout;
        };
        /** What helm says of the revisions, oldest first. */
        const typeOf = async (kind: string): Promise<ResourceType> => {
          const groups: Readonly<Record<string, string>> = {
            Deployment: 'apps/v1',
            Ingress: 'networking.k8s.io/v1',
            Role: 'rbac.authorization.k8s.io/v1',
            PodDisruptionBudget: 'policy/v1',
            HorizontalPodAutoscaler: 'autoscaling/v2',
          };
          const [version = '', group = ''] = (groups[kind] ?? 'v1').split('/').reverse();
          return client.discovery.resourceFor({ group, version, kind });
        };
        /** The objects of a chart as they are in the cluster, without what differs from one to another anyway. */
        const contents = async (chart: Readonly<Record<string, string>>): Promise<unknown> => {
          const rendered = await chartOf(chart, { next: true }).render(
            { revision: 1, isUpgrade: false, skipSchemaValidation: false },
            AbortSignal.timeout(10_000),
          );
          const found: Record<string, unknown> = {};
          for (const { kind, content } of rendered.manifests) {
            const { metadata } = parseYaml(content) as KubeObject;
            const live = await client.get(await typeOf(kind), { namespace: ns, name: metadata.name });
            const { status: _status, metadata: seenMetadata, ...rest } = live;
            const { labels, annotations } = seenMetadata;
            found[`${kind}/${metadata.name}`] = JSON.parse(
              JSON.stringify({ ...rest, labels, annotations }, (key, value) =>
                /^(clusterIPs?|nodePort|deployment\.kubernetes\.io\/revision)$/.test(key) ||
                /^(meta\.helm\.sh|helm\.toolkit)/.test(key)
                  ? undefined
                  : value,
              ),
            );
          }
          return found;
        };
        const history = async (): Promise<string[]> => {
          const revisions = JSON.parse(await helm('history', 'demo', '-o', 'json')) as {
            readonly revision: number;
            readonly status: string;
            readonly description: string;
          }[];
          return revisions.map(
            ({ revision, status, description }) => `${revision} ${status}: ${description.slice(0, 40)}`,
          );
        };
        const uids = async (): Promise<readonly (string | undefined)[]> => {
          const lists = await Promise.all(
            types.map((type) =>
              client.listMetadata(type, { namespace: ns, labelSelector: 'app.kubernetes.io/managed-by=Helm' }),
            ),
          );
          return lists.flat().map(({ metadata }) => metadata.uid);
        };
        const color = async (): Promise<unknown> => {
          const [type] = types;
          assert.ok(type);
          const { data } = await client.get(type, { namespace: ns, name: 'settings' });
          return (data as { readonly color: unknown }).color;
        };
        /** Until our watch has seen what helm did. */
        const seen = (version: number): Promise<unknown> =>
          waitFor(async () => {
            const [newest] = await context.storage.entries('demo', context.signal);
            return newest?.version === version && !newest.status.startsWith('pending');
          }, `revision ${version}`);
        const left = async (): Promise<string[]> => {
          const lists = await Promise.all(
            [...types, secrets].map((type) => client.listMetadata(type, { namespace: ns })),
          );
          return lists
            .flat()
            .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
            .filter((name) => !/kube-root-ca|default-token/.test(name));
        };

        it('lists, shows, tests, rolls back, upgrades and uninstalls what we installed', async () => {
          await begin();
          await install(context, installing(chartOf(files, { color: 'red' })));
          const before = await uids();
          await upgrade(context, upgrading(chartOf(files, { color: 'blue' })));
          await assert.rejects(upgrade(context, upgrading(chartOf(files, { color: 'green', fails: true }))));
          await rollback(context, rollingBack(1));
          assert.deepEqual(await history(), [
            '1 superseded: Install complete',
            '2 superseded: Upgrade complete',
            '3 failed: Upgrade "demo" failed: server-side apply',
            '4 deployed: Rollback to 1',
          ]);
          const [listed] = JSON.parse(await helm('list', '-o', 'json')) as {
            readonly name: string;
            readonly chart: string;
            readonly app_version: string;
          }[];
          assert.deepEqual([listed?.name, listed?.chart, listed?.app_version], ['demo', 'demo-1.0.0', '9']);
          assert.equal(await helm('get', 'values', 'demo', '-o', 'json'), '{"color":"red"}\n');
          assert.match(await helm('get', 'manifest', 'demo'), /# Source: demo\/templates\/cm\.yaml\n/);
          assert.match(await helm('get', 'hooks', 'demo'), /"?kind"?: "?Job/);
          assert.match(await helm('get', 'notes', 'demo'), /The color is red\./);
          assert.match(await helm('status', 'demo'), /STATUS: deployed/);
          // Version 4 waits for the end of a Job that is not there until its time is over.
          await helm('test', 'demo', '--timeout', '8s');
          await helm('rollback', 'demo', '2', ...force);
          assert.equal(await color(), 'blue');
          await helm('upgrade', 'demo', './demo', '--set', 'color=white', ...force);
          assert.equal(await color(), 'white');
          await seen(6);
          await upgrade(context, upgrading(chartOf(files, { color: 'black' })));
          assert.equal(await color(), 'black');
          assert.deepEqual((await uids()).toSorted(), before.toSorted());
          await helm('uninstall', 'demo');
          assert.deepEqual(await left(), []);
        });

        it('merges what it has applied with what others did as we do', async () => {
          const noServerSide = force.length === 0 ? [] : ['--server-side=false'];
          const upgraded = async (how: () => Promise<unknown>): Promise<unknown> => {
            await begin();
            writeChart('shapes', shapes);
            await helm('install', 'demo', './shapes', ...noServerSide);
            for (const [kind, name, body] of edits) {
              const type = await typeOf(kind);
              await client.patch(
                type,
                { namespace: ns, name },
                { type: 'strategic', body },
                { fieldManager: 'others' },
              );
            }
            await seen(1);
            await how();
            return contents(shapes);
          };
          const theirs = await upgraded(() =>
            helm(
              'upgrade',
              'demo',
              './shapes',
              '--set',
              'next=true',
              ...(noServerSide.length === 0 ? [] : ['--server-side=false']),
            ),
          );
          const ours = await upgraded(() =>
            upgrade(
              context,
              upgrading(chartOf(shapes, { next: true }), {
                serverSideApply: 'disabled',
                wait: { timeoutMs: 1_000, strategy: 'hookOnly', forJobs: false },
              }),
            ),
          );
          assert.deepEqual(ours, theirs);
        });

        it('leaves what we upgrade, roll back, test and uninstall', async () => {
          await begin();
          await helm('install', 'demo', './demo', '--set', 'color=red');
          const before = await uids();
          await helm('upgrade', 'demo', './demo', '--set', 'color=blue');
          await assert.rejects(helm('upgrade', 'demo', './demo', '--set', 'fails=true'));
          await helm('rollback', 'demo', '1');
          await seen(4);
          const record = await context.storage.last('demo', context.signal);
          assert.deepEqual(record?.config, { color: 'red' });
          const tested = await testRelease(context, { wait: { timeoutMs: 30_000 }, filters: [] });
          assert.equal(tested.hooks.find(({ name }) => name === 'check')?.lastRun.phase, 'Succeeded');
          const { version } = await upgrade(context, upgrading(chartOf(files, { color: 'white' }), { maxHistory: 10 }));
          assert.equal(version, 5);
          assert.equal(await color(), 'white');
          await rollback(context, rollingBack(2, { maxHistory: 10 }));
          assert.equal(await color(), 'blue');
          const { applyMethod } = await upgrade(
            context,
            upgrading(chartOf(files, { color: 'gold' }), { maxHistory: 10, serverSideApply: 'enabled' }),
          );
          assert.equal(applyMethod, 'ssa');
          assert.deepEqual((await uids()).toSorted(), before.toSorted());
          assert.match(
            (await history()).join('\n'),
            /^4 superseded: Rollback to 1\n5 superseded: Upgrade complete\n6 superseded: Rollback to 2\n7 deployed: Upgrade complete$/m,
          );
          await uninstall(context, uninstalling());
          assert.deepEqual(await left(), []);
        });
      });
    }
  });
}
