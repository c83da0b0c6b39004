import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { helmFlags, helmGatesFlag } from '../../controllers/helm/flags.ts';
import { kustomizeFlags, kustomizeGatesFlag } from '../../controllers/kustomize/flags.ts';
import { notificationFlags, notificationGatesFlag } from '../../controllers/notification/flags.ts';
import { sourceFlags } from '../../controllers/source/flags.ts';
import type { PolicyRule } from '../../crds/meta/policy-rule.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { Flags } from '../../runtime/flag-types.ts';
import { addFlags, commonFlags, flagValues } from '../../runtime/flags.ts';
import { parseYamlDocuments } from '../../yaml/parse.ts';
import { installCommand } from './install-command.ts';
import { defaultInstallOptions, type InstallOptions } from './options.ts';
import { installParts, renderInstall } from './render.ts';

const defaults = defaultInstallOptions('1.2.3');
const render = (options: Partial<InstallOptions> = {}) => renderInstall({ ...defaults, ...options });
const names = (objects: readonly KubeObject[], kind: string) =>
  objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);

interface Container {
  readonly args: readonly string[];
  readonly image: string;
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts: readonly { readonly name: string }[];
}

interface Pod {
  readonly containers: readonly [Container];
  readonly imagePullSecrets?: unknown;
  readonly tolerations?: unknown;
  readonly volumes: readonly { readonly name: string }[];
}

const podOf = (deployment: Readonly<Record<string, unknown>>): Pod =>
  (deployment['spec'] as { readonly template: { readonly spec: Pod } }).template.spec;

const pods = (objects: readonly KubeObject[]): readonly Pod[] =>
  objects.filter(({ kind }) => kind === 'Deployment').map(podOf);

describe('renderInstall', () => {
  it('installs what exists: the controllers, all CRDs', () => {
    const objects = render();
    const controllers = ['source-controller', 'kustomize-controller', 'helm-controller', 'notification-controller'];
    assert.deepEqual(names(objects, 'Deployment'), controllers);
    assert.deepEqual(names(objects, 'ServiceAccount'), controllers);
    assert.deepEqual(names(objects, 'Service'), ['source-controller', 'notification-controller', 'webhook-receiver']);
    assert.equal(names(objects, 'CustomResourceDefinition').length, 15);
  });

  it('labels everything so that the flux command line finds it', () => {
    for (const { kind, metadata } of render({ namespace: 'gitops' })) {
      assert.equal(metadata.labels?.['app.kubernetes.io/part-of'], 'flux', `${kind}/${metadata.name}`);
      assert.equal(metadata.labels?.['app.kubernetes.io/instance'], 'gitops', `${kind}/${metadata.name}`);
      assert.equal(metadata.labels?.['app.kubernetes.io/version'], 'v1.2.3', `${kind}/${metadata.name}`);
    }
  });

  it('names another namespace in every place where one is named', () => {
    assert.doesNotMatch(JSON.stringify(render({ namespace: 'gitops' })), /flux-system/);
  });

  it('never names the same object twice', () => {
    const ids = render().map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('applies what others need before the others', () => {
    const kinds = render().map(({ kind }) => kind);
    assert.equal(kinds[0], 'Namespace');
    assert.ok(kinds.lastIndexOf('CustomResourceDefinition') < kinds.indexOf('Deployment'));
    assert.ok(kinds.lastIndexOf('ClusterRoleBinding') < kinds.indexOf('Deployment'));
  });

  it('gives each controller a role of its own, and the appliers the cluster', () => {
    const objects = render();
    const bindings = objects.filter(({ kind }) => kind === 'ClusterRoleBinding');
    assert.deepEqual(
      bindings.map(({ metadata, ...rest }) => {
        const { name } = rest['roleRef'] as { name: string };
        const subjects = rest['subjects'] as { name: string }[];
        return [metadata.name, name, subjects.map((subject) => subject.name).join()];
      }),
      [
        ['cluster-reconciler-flux-system', 'cluster-admin', 'kustomize-controller,helm-controller'],
        ['source-controller-flux-system', 'source-controller-flux-system', 'source-controller'],
        ['kustomize-controller-flux-system', 'kustomize-controller-flux-system', 'kustomize-controller'],
        ['helm-controller-flux-system', 'helm-controller-flux-system', 'helm-controller'],
        ['notification-controller-flux-system', 'notification-controller-flux-system', 'notification-controller'],
      ],
    );
  });

  describe('with lockdown', () => {
    const objects = render({ lockdown: true });

    it('binds nobody to cluster-admin, and empties the binding of an earlier installation', () => {
      const bound = objects.filter((object) => JSON.stringify(object['roleRef'] ?? '').includes('cluster-admin'));
      assert.deepEqual(
        bound.map(({ metadata, ...rest }) => [metadata.name, rest['subjects']]),
        [['cluster-reconciler-flux-system', []]],
      );
    });

    it('lets the appliers act as ServiceAccounts, and nobody as users or groups', () => {
      const rules = objects.flatMap((object) => (object['rules'] as PolicyRule[] | undefined) ?? []);
      const impersonating = rules.filter(({ verbs }) => verbs.includes('impersonate') || verbs.includes('*'));
      const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] };
      assert.deepEqual(impersonating, [accounts, accounts]);
      assert.equal(
        render().some((object) => JSON.stringify(object).includes('impersonate')),
        false,
      );
    });

    it('gives flags that the controllers know', () => {
      const { eventsAddr: _, ...othersThanEvents } = commonFlags({ concurrent: 4 });
      const known: Readonly<Record<string, Flags>> = {
        'source-controller': { ...commonFlags({ concurrent: 2 }), ...sourceFlags },
        'kustomize-controller': { ...commonFlags({ concurrent: 4 }), ...kustomizeFlags, gates: kustomizeGatesFlag },
        'helm-controller': { ...commonFlags({ concurrent: 4 }), ...helmFlags, gates: helmGatesFlag },
        'notification-controller': { ...othersThanEvents, ...notificationFlags, gates: notificationGatesFlag },
      };
      for (const { metadata, ...rest } of objects.filter(({ kind }) => kind === 'Deployment')) {
        const flags = known[metadata.name];
        assert.ok(flags !== undefined);
        const [container] = podOf(rest).containers;
        const command = addFlags(new Command().exitOverride(), flags);
        command.parse([...container.args], { from: 'user' });
        if (metadata.name !== 'kustomize-controller') continue;
        const values = flagValues(command, { ...kustomizeFlags, gates: kustomizeGatesFlag });
        assert.deepEqual([values.noCrossNamespaceRefs, values.noRemoteBases], [true, true]);
        assert.deepEqual(
          [
            values.defaultServiceAccount,
            values.defaultDecryptionServiceAccount,
            values.defaultKubeconfigServiceAccount,
            values.gates.ObjectLevelWorkloadIdentity,
          ],
          ['default', 'default', 'default', true],
        );
      }
    });
  });

  it('mounts every volume that it declares, and writes nowhere else', () => {
    for (const pod of pods(render())) {
      const [container] = pod.containers;
      assert.equal(container.securityContext.readOnlyRootFilesystem, true);
      assert.deepEqual(
        pod.volumes.map(({ name }) => name),
        container.volumeMounts.map(({ name }) => name),
      );
    }
  });

  const cases: {
    name: string;
    options: Partial<InstallOptions>;
    look: (objects: readonly KubeObject[]) => unknown;
    want: unknown;
  }[] = [
    {
      name: 'keeps the order of arguments that patches for Flux count on',
      options: {},
      look: (objects) => pods(objects)[0]?.containers[0].args,
      want: [
        '--events-addr=http://notification-controller.$(RUNTIME_NAMESPACE).svc.cluster.local./',
        '--watch-all-namespaces=true',
        '--log-level=info',
        '--log-encoding=json',
        '--enable-leader-election',
        '--storage-path=/data',
        '--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.',
      ],
    },
    {
      name: 'passes options on as arguments',
      options: {
        watchAllNamespaces: false,
        logLevel: 'debug',
        eventsAddr: 'http://x/',
        components: ['kustomize-controller'],
      },
      look: (objects) => pods(objects)[0]?.containers[0].args.slice(0, 3),
      want: ['--events-addr=http://x/', '--watch-all-namespaces=false', '--log-level=debug'],
    },
    {
      name: 'uses another domain in the address of artifacts',
      options: { clusterDomain: 'example.org' },
      look: (objects) => pods(objects)[0]?.containers[0].args.at(-1),
      want: '--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.example.org.',
    },
    {
      name: 'uses the image',
      options: { image: 'a/b:c' },
      look: (objects) => pods(objects)[1]?.containers[0].image,
      want: 'a/b:c',
    },
    {
      name: 'uses the pull secret',
      options: { imagePullSecret: 'pull' },
      look: (objects) => pods(objects)[0]?.imagePullSecrets,
      want: [{ name: 'pull' }],
    },
    {
      name: 'tolerates taints',
      options: { tolerationKeys: ['a', 'b'] },
      look: (objects) => pods(objects)[0]?.tolerations,
      want: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', operator: 'Exists' },
      ],
    },
    {
      name: 'leaves network policies out when asked to',
      options: { networkPolicy: false },
      look: (objects) => names(objects, 'NetworkPolicy'),
      want: [],
    },
  ];
  for (const { name, options, look, want } of cases) {
    it(name, () => assert.deepEqual(look(render(options)), want));
  }

  it('refuses a controller that this version does not have', () => {
    assert.throws(() => installParts(defaults, { 'source-controller': [], 'kustomize-controller': [] }), {
      name: 'RangeError',
      message: 'helm-controller is not part of this version',
    });
  });
});

describe('sluice install --export', () => {
  const run = async (...args: readonly string[]) => {
    let out = '';
    const output = {
      out: (text: string) => {
        out += text;
      },
      progress: () => assert.fail('progress on an export'),
    };
    const command = installCommand(new AbortController().signal, output);
    command.exitOverride().configureOutput({ writeErr: () => {} });
    await command.parseAsync(['--export', ...args], { from: 'user' });
    return parseYamlDocuments(out) as KubeObject[];
  };

  it('prints what would be applied', async () => {
    const printed = await run(
      '--namespace=gitops',
      '--image=a/b:c',
      '--components=source-controller',
      '--network-policy=false',
    );
    const version = printed[0]?.metadata.labels?.['app.kubernetes.io/version']?.slice(1) ?? '';
    const options = { ...defaults, version, namespace: 'gitops', image: 'a/b:c', networkPolicy: false };
    assert.deepEqual(printed, JSON.parse(JSON.stringify(render({ ...options, components: ['source-controller'] }))));
  });

  for (const args of [['--components=x'], ['--watch-all-namespaces=x'], ['--log-level=x'], ['--timeout=x']]) {
    it(`refuses ${args.join(' ')}`, () => assert.rejects(run(...args), { code: 'commander.invalidArgument' }));
  }
});
