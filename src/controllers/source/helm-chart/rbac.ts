import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the source-controller may do for HelmCharts. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmcharts'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmcharts/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['helmcharts/finalizers'], verbs: ['update'] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['helmrepositories', 'gitrepositories', 'buckets'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
