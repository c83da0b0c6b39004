import { type Bucket, bucketKind } from '../../crds/source/bucket.ts';
import { type GitRepository, gitRepositoryKind } from '../../crds/source/git-repository.ts';
import { type HelmChart, helmChartKind } from '../../crds/source/helm-chart.ts';
import { type HelmRepository, helmRepositoryKind } from '../../crds/source/helm-repository.ts';
import { type OCIRepository, ociRepositoryKind } from '../../crds/source/oci-repository.ts';
import type { KubeObject, PartialObject, ResourceType } from '../../kube/object.ts';
import { secretType } from '../../kube/secret.ts';
import type { Environment } from '../../runtime/composition.ts';
import { Informer } from '../../runtime/informer.ts';

/** The caches of the source kinds, each of which several controllers read. */
export interface SourceCaches {
  readonly gitRepositories: Informer<GitRepository>;
  readonly ociRepositories: Informer<OCIRepository>;
  readonly helmRepositories: Informer<HelmRepository>;
  readonly helmCharts: Informer<HelmChart>;
  readonly buckets: Informer<Bucket>;
  /** Metadata of the Secrets that carry the label `reconcile.fluxcd.io/watch`; absent when those are not watched. */
  readonly secrets?: Informer<PartialObject>;
}

/** The caches, to be started with the controllers. */
export function createSourceCaches(environment: Environment): SourceCaches {
  const { client, flags, log } = environment;
  const namespace = flags.watchAllNamespaces ? undefined : environment.namespace;
  const scope = { client, log, trim: withoutManagedFields, ...(namespace === undefined ? {} : { namespace }) };
  const informer = <T extends KubeObject>(type: ResourceType): Informer<T> =>
    new Informer<T>({ ...scope, type, labelSelector: flags.watchLabelSelector });
  const labelSelector = flags.watchConfigsLabelSelector;
  return {
    gitRepositories: informer(gitRepositoryKind),
    ociRepositories: informer(ociRepositoryKind),
    helmRepositories: informer(helmRepositoryKind),
    helmCharts: informer(helmChartKind),
    buckets: informer(bucketKind),
    ...(labelSelector === ''
      ? {}
      : { secrets: new Informer<PartialObject>({ ...scope, type: secretType, labelSelector, metadataOnly: true }) }),
  };
}

/** Nobody reads who owns which field of a source, and it is half of the object. */
function withoutManagedFields<T extends PartialObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
