import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the helm-controller itself may do; what it releases is bound to cluster-admin or to tenants' accounts. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['helm.toolkit.fluxcd.io'],
    resources: ['helmreleases'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases/status'], verbs: ['get', 'update', 'patch'] },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases/finalizers'], verbs: ['update'] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmcharts'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['ocirepositories', 'externalartifacts'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['configmaps', 'secrets', 'serviceaccounts'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  // Discovery is looked at again when definitions come and go.
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['get', 'list', 'watch'] },
];
