import type { KubeObject } from '../../kube/object.ts';
import type { InstallOptions } from './options.ts';

/**
 * Who may call the controllers: each other, and from other namespaces only for metrics and webhooks. Artifacts are
 * served without authentication, so this is what keeps tenants from reading each other's sources.
 */
export function networkPolicies({ namespace }: InstallOptions): readonly KubeObject[] {
  const policy = (name: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec,
  });
  const fromAnywhere = (port: number) => [{ from: [{ namespaceSelector: {} }], ports: [{ port, protocol: 'TCP' }] }];
  return [
    policy('allow-egress', {
      egress: [{}],
      ingress: [{ from: [{ podSelector: {} }] }],
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    }),
    policy('allow-scraping', { ingress: fromAnywhere(8080), podSelector: {}, policyTypes: ['Ingress'] }),
    policy('allow-webhooks', {
      ingress: fromAnywhere(9292),
      podSelector: { matchLabels: { app: 'notification-controller' } },
      policyTypes: ['Ingress'],
    }),
  ];
}
