import { allKinds } from '../../crds/all.ts';
import type { PolicyRule } from '../../crds/meta/policy-rule.ts';
import type { KubeObject } from '../../kube/object.ts';
import { components } from './components.ts';
import type { ComponentName, InstallOptions } from './options.ts';

/** What each controller may do, gathered from the `rbac.ts` of its kinds. */
export type ComponentRules = Readonly<Partial<Record<ComponentName, readonly PolicyRule[]>>>;

const api = 'rbac.authorization.k8s.io';

function clusterRole(name: string, labels: Readonly<Record<string, string>>, rules: readonly PolicyRule[]): KubeObject {
  return { apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata: { name, labels }, rules };
}

function binding(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  metadata: KubeObject['metadata'],
  role: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string },
  accounts: readonly { readonly name: string; readonly namespace: string }[],
): KubeObject {
  return {
    apiVersion: `${api}/v1`,
    kind,
    metadata,
    roleRef: { apiGroup: api, ...role },
    subjects: accounts.map((account) => ({ kind: 'ServiceAccount', ...account })),
  };
}

/** All that an applier needs of its own where it writes nothing as itself (ADR 18). */
const impersonation: PolicyRule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] };

/**
 * The role of one controller: what the code of its kinds asks for, and nothing more. With `lockdown`, an applier may also
 * act as the accounts of tenants; without, cluster-admin has that.
 */
export function componentRbac(
  component: ComponentName,
  rules: readonly PolicyRule[],
  { namespace, lockdown }: InstallOptions,
): readonly KubeObject[] {
  const all = lockdown && components[component].applies === true ? [...rules, impersonation] : rules;
  const name = `${component}-${namespace}`;
  return [
    clusterRole(name, {}, all),
    binding('ClusterRoleBinding', { name }, { kind: 'ClusterRole', name }, [{ name: component, namespace }]),
  ];
}

/** Roles that controllers share, and those for people. */
export function sharedRbac({ namespace, components: installed, lockdown }: InstallOptions): readonly KubeObject[] {
  const accounts = (names: readonly ComponentName[]) => names.map((name) => ({ name, namespace }));
  return [
    {
      apiVersion: `${api}/v1`,
      kind: 'Role',
      metadata: { name: 'leader-election', namespace },
      rules: [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'patch'] },
      ],
    },
    binding(
      'RoleBinding',
      { name: 'leader-election', namespace },
      { kind: 'Role', name: 'leader-election' },
      accounts(installed),
    ),
    // Both appliers, whichever are installed: the other one may be Flux's, and must not lose its rights. With lockdown
    // nobody, and the binding stays all the same, so that one which is there already is emptied.
    binding(
      'ClusterRoleBinding',
      { name: `cluster-reconciler-${namespace}` },
      { kind: 'ClusterRole', name: 'cluster-admin' },
      accounts(lockdown ? [] : ['kustomize-controller', 'helm-controller']),
    ),
    ...aggregatedRoles(namespace),
  ];
}

/** What those who may view, edit or administer a namespace may do with our kinds in it. */
function aggregatedRoles(namespace: string): readonly KubeObject[] {
  const apiGroups = [...new Set(allKinds.map(({ group }) => group))].sort();
  const rule = (verbs: readonly string[]): PolicyRule => ({ apiGroups, resources: ['*'], verbs });
  const aggregateTo = (...roles: readonly string[]) =>
    Object.fromEntries(roles.map((role) => [`${api}/aggregate-to-${role}`, 'true']));
  return [
    clusterRole(`flux-edit-${namespace}`, aggregateTo('admin', 'edit'), [
      rule(['create', 'delete', 'deletecollection', 'patch', 'update']),
    ]),
    clusterRole(`flux-view-${namespace}`, aggregateTo('admin', 'edit', 'view'), [rule(['get', 'list', 'watch'])]),
  ];
}
