import { fieldOf, isMissingOrNull } from '../../../yaml/fields.ts';
import { BuildError } from '../build-error.ts';
import { effectiveNamespace, idText, noNamespace, type ResId } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';

/** An object that may hold names of others. */
export interface Referrer {
  readonly resource: Resource;
  readonly id: ResId;
  /** The namespaces of the service accounts that a RoleBinding names. */
  readonly subjectNamespaces: ReadonlySet<string>;
}

/** Finds objects by a name that they once had, so that looking for referrals takes no walk over all objects. */
export class CandidateIndex {
  private readonly byName = new Map<string, Resource[]>();
  private readonly byOriginalNamespace = new Map<string, Resource[]>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      for (const name of new Set(resource.previousIds().map((id) => id.name))) push(this.byName, name, resource);
      push(this.byOriginalNamespace, effectiveNamespace(resource.originalId()), resource);
    }
  }

  /** What has to be known of an object before its fields are looked at. */
  referrer(resource: Resource): Referrer {
    return { resource, id: resource.id(), subjectNamespaces: subjectNamespaces(resource) };
  }

  /**
   * The objects that had that name and that the referrer may refer to: those in its namespace, in those of its subjects,
   * and cluster-scoped ones. `namespace` narrows it to those that were, or else are, in that one.
   */
  candidates(name: string, referrer: Referrer, namespace?: string): readonly Resource[] {
    const named = (this.byName.get(name) ?? []).filter((candidate) => isVisible(candidate, referrer));
    if (namespace === undefined) return named;
    if (namespace === noNamespace) return [];
    const were = this.byOriginalNamespace.get(namespace)?.some((candidate) => isVisible(candidate, referrer)) === true;
    return named.filter(
      (candidate) => effectiveNamespace(were ? candidate.originalId() : candidate.id()) === namespace,
    );
  }
}

function isVisible(candidate: Resource, { id, subjectNamespaces }: Referrer): boolean {
  if (id.clusterScoped) return true;
  const other = candidate.id();
  if (other.clusterScoped || effectiveNamespace(other) === effectiveNamespace(id)) return true;
  return subjectNamespaces.has(other.namespace);
}

function subjectNamespaces(resource: Resource): ReadonlySet<string> {
  const namespaces = new Set<string>();
  const subjects = resource.kind === 'RoleBinding' ? fieldOf(resource.node, 'subjects') : undefined;
  for (const subject of subjects?.kind === 'sequence' ? subjects.content : []) {
    const namespace = fieldOf(subject, 'namespace');
    if (namespace === undefined || fieldOf(subject, 'kind')?.value !== 'ServiceAccount') continue;
    if (isMissingOrNull(namespace)) {
      throw new BuildError(`Invalid Input: namespace is blank for resource ${idText(resource.id())}`, {
        file: resource.file,
        field: 'subjects.namespace',
      });
    }
    namespaces.add(namespace.value);
  }
  return namespaces;
}

function push(map: Map<string, Resource[]>, key: string, resource: Resource): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [resource]);
  else list.push(resource);
}
