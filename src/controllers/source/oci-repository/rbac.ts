import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the source-controller may do for OCIRepositories. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['ocirepositories'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['ocirepositories/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['ocirepositories/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  // Their pull secrets, and whom they are at a cloud.
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
