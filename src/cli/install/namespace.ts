import type { KubeObject } from '../../kube/object.ts';
import type { InstallOptions } from './options.ts';

/** The namespace, and the quota that some clusters ask for before Pods may have a critical priority. */
export function namespaceObjects({ namespace }: InstallOptions): readonly KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          'pod-security.kubernetes.io/warn': 'restricted',
          'pod-security.kubernetes.io/warn-version': 'latest',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: `critical-pods-${namespace}`, namespace },
      spec: {
        hard: { pods: '1000' },
        scopeSelector: {
          matchExpressions: [
            {
              operator: 'In',
              scopeName: 'PriorityClass',
              values: ['system-node-critical', 'system-cluster-critical'],
            },
          ],
        },
      },
    },
  ];
}
