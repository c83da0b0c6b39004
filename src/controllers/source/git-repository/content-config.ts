import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { jsonEqual } from '../../../lib/json.ts';
import type { Include } from './includes.ts';

/**
 * Whether the same commit would make another artifact than it did: the ignore rules, includes, submodules or sparse
 * directories are not those that the artifact was made with (gitrepository_controller.go, gitContentConfigChanged).
 */
export function contentConfigChanged({ spec, status = {} }: GitRepository, includes: readonly Include[]): boolean {
  return (
    spec.ignore !== status.observedIgnore ||
    (spec.recurseSubmodules ?? false) !== (status.observedRecurseSubmodules ?? false) ||
    !jsonEqual(spec.sparseCheckout ?? [], status.observedSparseCheckout ?? []) ||
    !jsonEqual((spec.include ?? []).map(normalized), (status.observedInclude ?? []).map(normalized)) ||
    !jsonEqual(
      includes.map(({ artifact: { revision, digest } }) => [revision, digest]),
      (status.includedArtifacts ?? []).map(({ revision, digest }) => [revision, digest]),
    )
  );
}

type IncludeSpec = NonNullable<GitRepository['spec']['include']>[number];

/** An absent path is an empty one. */
function normalized({ repository, fromPath, toPath }: IncludeSpec): readonly string[] {
  return [repository.name, fromPath ?? '', toPath ?? ''];
}

/** The status fields that say what an artifact was made with; empty ones are left out, as upstream does. */
export function observedConfig({ spec }: GitRepository, includes: readonly Include[]) {
  return {
    includedArtifacts: includes.length === 0 ? undefined : includes.map(({ artifact }) => artifact),
    observedIgnore: spec.ignore,
    observedInclude: filled(spec.include),
    observedRecurseSubmodules: spec.recurseSubmodules === true ? true : undefined,
    observedSparseCheckout: filled(spec.sparseCheckout),
  };
}

function filled<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
