import { type ApiClient, ApiFailure, type ApiObject } from './api-client.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Whether it is a RoleBinding or ClusterRoleBinding, by its kind. */
export function isRoleBinding({ kind }: Pick<ApiObject, 'kind'>): boolean {
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
}

/**
 * Whether the API server lets the first subject of a binding do the first thing that its role allows: the server
 * learns of roles and bindings by watching, a moment after they were written. Undefined when that cannot be told, as
 * when the role is not there.
 */
export async function isInForce(client: ApiClient, binding: ApiObject): Promise<boolean | undefined> {
  const [subject] = (binding['subjects'] ?? []) as readonly Subject[];
  const rule = (await rulesOf(client, binding)).find(({ resources }) => resources?.length);
  if (subject === undefined || rule === undefined) return undefined;
  const namespace = binding.metadata.namespace;
  const resourceAttributes = {
    verb: rule.verbs[0],
    group: rule.apiGroups?.[0],
    resource: rule.resources?.[0]?.split('/')[0],
    subresource: rule.resources?.[0]?.split('/')[1],
    name: rule.resourceNames?.[0],
    ...(namespace === undefined ? {} : { namespace }),
  };
  const review = await client.call<{ status: { allowed: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { ...whoIs(subject, namespace), resourceAttributes },
      },
    },
  );
  return review.status.allowed;
}

async function rulesOf(client: ApiClient, binding: ApiObject): Promise<readonly Rule[]> {
  const { kind, name } = binding['roleRef'] as { readonly kind: string; readonly name: string };
  const place = kind === 'Role' ? `namespaces/${binding.metadata.namespace}/roles` : 'clusterroles';
  try {
    const role = await client.call<{ rules?: readonly Rule[] }>('GET', `/apis/${GROUP}/v1/${place}/${name}`);
    return role.rules ?? [];
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return [];
    throw error;
  }
}

function whoIs({ kind, name, namespace }: Subject, inNamespace: string | undefined): object {
  if (kind === 'Group') return { groups: [name] };
  if (kind === 'User') return { user: name };
  const account = namespace ?? inNamespace;
  return {
    user: `system:serviceaccount:${account}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${account}`, 'system:authenticated'],
  };
}
