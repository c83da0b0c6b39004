import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the source-controller may do for HelmRepositories. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmrepositories'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmrepositories/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['helmrepositories/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
