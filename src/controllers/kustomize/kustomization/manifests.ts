import { formatId, refOf } from '../../../apply/object-ref.ts';
import type { OpenArtifact } from '../../../artifact/cache.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import { Fault } from '../../../runtime/fault.ts';
import { digestOfInputs, type InputSources, inputsOf } from './build-inputs.ts';
import type { BuildFacts } from './build-memo.ts';
import { timeoutMs } from './spec.ts';
import { type BuildEnvironment, type TracedBuild, tracedBuild } from './traced-build.ts';

/** What shall be in the cluster. Its digest is known at once; the objects are made when somebody needs them. */
export interface Manifests extends BuildFacts {
  /** What whoever wrote the files should know; empty when nothing was built anew. */
  readonly warnings: readonly string[];
  /** Usable as long as the artifact is open. Throws a retryable BuildFailed fault. */
  objects(): Promise<readonly KubeObject[]>;
}

/** Where a build begins. */
export interface BuildStart {
  readonly files: { open(): Promise<Pick<OpenArtifact, 'tree' | 'dir'>> };
  /** The artifact's digest. */
  readonly artifact: string;
  /** The directory of `spec.path` in the artifact. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

/**
 * What the files of the artifact say shall be in the cluster. Nothing is built when everything that the last build
 * looked at is as it was. Throws a retryable BuildFailed fault, and what opening the artifact throws.
 */
export async function manifestsOf(
  object: Kustomization,
  { files, artifact, dir, signal }: BuildStart,
  deps: BuildEnvironment & InputSources,
): Promise<Manifests> {
  const { builds } = deps;
  const key = object.metadata;
  const inputs = await inputsOf(object, { dir, signal }, deps);
  const origin = { artifact, dir, inputs: digestOfInputs(inputs) };
  const build = async (): Promise<BuildFacts & Pick<TracedBuild, 'objects' | 'warnings'>> => {
    const opened = await files.open();
    const task = { key, inputs, artifact: opened, signal, timeoutMs: timeoutMs(object) };
    const { objects, warnings, digest, looks } = await tracedBuild(task, deps);
    const facts = { digest, jobsWithTtl: ttlJobs(objects) };
    if (looks === undefined) builds.discard(key);
    else builds.remember(key, facts, origin, { looks, tree: opened.tree });
    return { ...facts, objects, warnings };
  };

  const known = await builds.recall(key, origin, async () => (await files.open()).tree);
  if (known === undefined) {
    const { objects, ...facts } = await build();
    return { ...facts, objects: async () => objects };
  }
  const { digest, jobsWithTtl } = known;
  return {
    digest,
    jobsWithTtl,
    warnings: [],
    async objects() {
      const built = await build();
      if (built.digest === digest) return built.objects;
      builds.discard(key);
      throw new Fault('retry', 'BuildFailed', `the same files gave other objects: ${built.digest}, before ${digest}`);
    },
  };
}

/** Jobs that delete themselves once they have finished, by inventory id (fluxcd/pkg ssa/utils/job.go). */
function ttlJobs(objects: readonly KubeObject[]): ReadonlySet<string> {
  const jobs = objects.filter(
    ({ kind, apiVersion, spec }) =>
      kind === 'Job' && apiVersion.startsWith('batch/') && isRecord(spec) && 'ttlSecondsAfterFinished' in spec,
  );
  return new Set(jobs.map((job) => formatId(refOf(job))));
}
