import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';

/** One entry of `spec.include` with the artifact that it means now. */
export interface Include {
  readonly name: string;
  readonly fromPath: string;
  /** As the spec has it, or the repository's name. */
  readonly toPath: string;
  readonly artifact: Artifact;
}

/**
 * The artifacts to copy in, in the order of the spec. Throws a waiting fault when one is not there yet: its arrival
 * wakes the object (gitrepository_controller.go, fetchIncludes).
 */
export function findIncludes(
  object: GitRepository,
  lookup: (key: ObjectKey) => GitRepository | undefined,
): readonly Include[] {
  const { namespace } = object.metadata;
  return (object.spec.include ?? []).map(({ repository, fromPath, toPath }) => {
    const { name } = repository;
    const other = lookup({ namespace, name });
    if (other === undefined) {
      const problem = `GitRepository.source.toolkit.fluxcd.io "${name}" not found`;
      throw unavailable('NotFound', `could not get resource for include '${name}': ${problem}`);
    }
    const artifact = other.status?.artifact;
    if (artifact === undefined) throw unavailable('NoArtifact', `no artifact available for include '${name}'`);
    return { name, fromPath: fromPath ?? '', toPath: toPath === undefined || toPath === '' ? name : toPath, artifact };
  });
}

function unavailable(reason: 'NotFound' | 'NoArtifact', message: string): Fault {
  return new Fault('waiting', reason, message, { condition: 'IncludeUnavailable' });
}

/** Whether other revisions are to be copied in than last time (artifact.go, artifactSet.Diff). */
export function includesDiffer(object: GitRepository, includes: readonly Include[]): boolean {
  const before = object.status?.includedArtifacts ?? [];
  return (
    before.length !== includes.length ||
    includes.some(({ artifact }) => !before.some(({ revision }) => revision === artifact.revision))
  );
}
