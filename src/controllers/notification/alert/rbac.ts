import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the notification-controller may do for Alerts and Providers. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['notification.toolkit.fluxcd.io'],
    resources: ['alerts', 'providers'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  // Labels of what an event is about, and whether it fails.
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['buckets', 'externalartifacts', 'gitrepositories', 'helmcharts', 'helmrepositories', 'ocirepositories'],
    verbs: ['get', 'list'],
  },
  { apiGroups: ['source.extensions.fluxcd.io'], resources: ['artifactgenerators'], verbs: ['get', 'list'] },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: ['get', 'list'] },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: ['get', 'list'] },
  {
    apiGroups: ['image.toolkit.fluxcd.io'],
    resources: ['imagerepositories', 'imagepolicies', 'imageupdateautomations'],
    verbs: ['get', 'list'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
