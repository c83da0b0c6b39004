import type { KubeObject } from '../../kube/object.ts';
import type { InstallOptions } from './options.ts';

/**
 * The labels by which the flux command line finds an installation (flux2 pkg/manifestgen/labels.go): `flux check` lists
 * Deployments and CRDs by `part-of`, and reads the version from a CRD.
 */
export function installLabels(
  options: Pick<InstallOptions, 'namespace' | 'version'>,
  component?: string,
): Readonly<Record<string, string>> {
  return {
    ...(component === undefined ? {} : { 'app.kubernetes.io/component': component }),
    'app.kubernetes.io/instance': options.namespace,
    'app.kubernetes.io/part-of': 'flux',
    'app.kubernetes.io/version': `v${options.version}`,
  };
}

/** The object with more labels; those it has already stay. */
export function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...labels, ...object.metadata.labels } } };
}
