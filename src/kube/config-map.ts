import type { ResourceType } from './object.ts';

/** `v1` ConfigMap. */
export const configMapType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
