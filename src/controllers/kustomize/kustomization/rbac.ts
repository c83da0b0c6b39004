import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the kustomize-controller itself may do; what it applies is bound to cluster-admin or to tenants' accounts. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['kustomize.toolkit.fluxcd.io'],
    resources: ['kustomizations'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  {
    apiGroups: ['kustomize.toolkit.fluxcd.io'],
    resources: ['kustomizations/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations/finalizers'], verbs: ['update'] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['buckets', 'ocirepositories', 'gitrepositories', 'externalartifacts'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['configmaps', 'secrets', 'serviceaccounts'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  // Discovery is looked at again when definitions come and go.
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['get', 'list', 'watch'] },
];
