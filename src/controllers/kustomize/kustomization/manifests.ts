import { formatId, refOf } from '../../../apply/object-ref.ts';
import type { OpenArtifact } from '../../../artifact/cache.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import { TracedTree } from '../../../lib/traced-tree.ts';
import { Fault } from '../../../runtime/fault.ts';
import { type Built, buildManifests } from './build.ts';
import { digestOfInputs, inputsOf } from './build-inputs.ts';
import type { BuildFacts } from './build-memo.ts';
import type { KustomizationDeps } from './deps.ts';

/** What shall be in the cluster. Its digest is known at once; the objects are made when somebody needs them. */
export interface Manifests extends BuildFacts {
  /** Usable as long as the artifact is open. Throws a retryable BuildFailed fault. */
  objects(): Promise<readonly KubeObject[]>;
}

/** Where a build begins. */
export interface BuildPlace {
  readonly artifact: OpenArtifact;
  /** The directory of `spec.path` in the artifact. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

/**
 * What the files of the artifact say shall be in the cluster. Nothing is built when everything that the last build
 * looked at is as it was. Throws a retryable BuildFailed fault.
 */
export async function manifestsOf(
  object: Kustomization,
  place: BuildPlace,
  deps: KustomizationDeps,
): Promise<Manifests> {
  const { builds } = deps;
  const { artifact } = place;
  const key = object.metadata;
  const inputs = await inputsOf(object, place, deps);
  const inputsDigest = digestOfInputs(inputs);
  const remotes = { source: deps.remotes, signal: place.signal };
  const build = async (): Promise<Built & BuildFacts> => {
    const tree = new TracedTree(artifact.tree);
    const built = await buildManifests({ ...inputs, tree, remotes });
    const facts = { digest: built.digest, jobsWithTtl: jobsWithTtl(built.objects) };
    if (built.usedRemotes) builds.forget(key);
    else builds.remember(key, { ...facts, inputs: inputsDigest, looks: tree.looks }, artifact.tree);
    return { ...built, ...facts };
  };

  const known = builds.recall(key, inputsDigest, artifact.tree);
  if (known === undefined) {
    const { digest, jobsWithTtl, objects } = await build();
    return { digest, jobsWithTtl, objects: async () => objects };
  }
  return {
    ...known,
    async objects() {
      const { digest, objects } = await build();
      if (digest === known.digest) return objects;
      builds.forget(key);
      throw new Fault('retry', 'BuildFailed', `the same files gave other objects: ${digest}, before ${known.digest}`);
    },
  };
}

/** Jobs that delete themselves once they have finished, by inventory id (fluxcd/pkg ssa/utils/job.go). */
function jobsWithTtl(objects: readonly KubeObject[]): ReadonlySet<string> {
  const jobs = objects.filter(
    ({ kind, apiVersion, spec }) =>
      kind === 'Job' && apiVersion.startsWith('batch/') && isRecord(spec) && 'ttlSecondsAfterFinished' in spec,
  );
  return new Set(jobs.map((job) => formatId(refOf(job))));
}
