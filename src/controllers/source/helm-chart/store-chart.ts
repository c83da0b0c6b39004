import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import { storageFailed } from '../faults.ts';
import type { Build } from './build.ts';

/** Puts a chart into the storage; `url` is where its newest version always is. Throws a fault (reconcileArtifact). */
export async function storeChart(
  { kind, metadata: { namespace, name } }: HelmChart,
  build: Build,
  archive: Uint8Array,
  storage: Storage,
  signal: AbortSignal,
): Promise<{ readonly artifact: Artifact; readonly url: string }> {
  // A chart of a registry may be named with a path.
  const fileName = `${build.name.slice(build.name.lastIndexOf('/') + 1)}-${build.version}.tgz`;
  try {
    const artifact = await storage.save({ kind, namespace, name, fileName }, build.version, [archive], signal);
    return { artifact, url: await storage.linkLatest(artifact) };
  } catch (error) {
    signal.throwIfAborted();
    throw storageFailed('ArchiveOperationFailed', `unable to copy Helm chart to storage: ${diskProblem(error)}`, error);
  }
}
