import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { Bucket } from '../../../crds/source/bucket.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import type { HelmChartDeps } from './deps.ts';

/** What a chart can be taken from. */
export type ChartSourceObject = HelmRepository | GitRepository | Bucket;

/** The source with the artifact that is there; a registry has none. */
export type SourceWithArtifact =
  | { readonly type: 'repository'; readonly object: HelmRepository; readonly artifact: Artifact }
  | { readonly type: 'registry'; readonly object: HelmRepository; readonly artifact?: undefined }
  | { readonly type: 'files'; readonly object: GitRepository | Bucket; readonly artifact: Artifact };

/**
 * The source of a chart. Throws a retry fault when there is none: it may come; and a waiting one when it has no artifact,
 * whose arrival wakes the chart (helmchart_controller.go, getSource and reconcileSource).
 */
export async function getSource(
  { metadata: { namespace }, spec: { sourceRef } }: HelmChart,
  deps: Pick<HelmChartDeps, 'source' | 'storage'>,
): Promise<SourceWithArtifact> {
  const { kind, name } = sourceRef;
  const object = deps.source(kind, { namespace, name });
  if (object === undefined) {
    const problem = `${kind}.source.toolkit.fluxcd.io "${name}" not found`;
    throw fetchFailed('retry', 'SourceUnavailable', `failed to get source: ${problem}`);
  }
  if (isRegistry(object)) return { type: 'registry', object };
  const { artifact } = object.status ?? {};
  if (artifact === undefined || !(await deps.storage.exists(artifact))) {
    const message = `no artifact available for ${kind} source '${name}'`;
    throw new Fault('waiting', 'NoSourceArtifact', message, { condition: 'FetchFailed' });
  }
  return isHelmRepository(object) ? { type: 'repository', object, artifact } : { type: 'files', object, artifact };
}

function isHelmRepository(object: ChartSourceObject): object is HelmRepository {
  return object.kind === 'HelmRepository';
}

function isRegistry(object: ChartSourceObject): object is HelmRepository {
  return isHelmRepository(object) && object.spec.type === 'oci';
}
