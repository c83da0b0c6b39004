import type { PolicyRule } from '../../../crds/meta/policy-rule.ts';

/** What the notification-controller may do for Receivers, and for the objects that they wake. */
export const rules: readonly PolicyRule[] = [
  {
    apiGroups: ['notification.toolkit.fluxcd.io'],
    resources: ['receivers'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  {
    apiGroups: ['notification.toolkit.fluxcd.io'],
    resources: ['receivers/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['notification.toolkit.fluxcd.io'], resources: ['receivers/finalizers'], verbs: ['update'] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['buckets', 'externalartifacts', 'gitrepositories', 'helmcharts', 'helmrepositories', 'ocirepositories'],
    verbs: ['get', 'list', 'watch', 'patch'],
  },
  {
    apiGroups: ['source.extensions.fluxcd.io'],
    resources: ['artifactgenerators'],
    verbs: ['get', 'list', 'patch'],
  },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: ['get', 'list', 'patch'] },
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: ['get', 'list', 'patch'] },
  {
    apiGroups: ['image.toolkit.fluxcd.io'],
    resources: ['imagepolicies', 'imagerepositories', 'imageupdateautomations'],
    verbs: ['get', 'list', 'patch'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];
