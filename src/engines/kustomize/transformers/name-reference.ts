import { fieldOf, getField, isMissingOrNull, setField, setScalar } from '../../../yaml/fields.ts';
import { scalarNode, type YamlNode } from '../../../yaml/node.ts';
import { BuildError } from '../build-error.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import type { NameReference } from '../config/transformer-config.ts';
import { eachResource } from '../resource/each.ts';
import { effectiveNamespace, type Gvk, idText, isSelected } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { walkPath } from './field-walk.ts';
import { CandidateIndex, type Referrer } from './referral-candidates.ts';
import type { Transformer } from './transformer.ts';

/**
 * Puts the new names of objects into the fields of others that have their old ones (api/filters/nameref and
 * api/internal/accumulator/namereferencetransformer.go).
 */
export function nameReferenceTransformer(references: readonly NameReference[]): Transformer {
  const byKind = groupByKind(references);
  return {
    transform: (map) => {
      const index = new CandidateIndex(map.resources);
      eachResource(map.resources, (resource) => {
        const original = resource.originalId();
        const specs = [...(byKind.get(original.kind) ?? []), ...(byKind.get('') ?? [])];
        if (specs.length === 0) return;
        const referrer = index.referrer(resource);
        for (const { target, spec } of specs) {
          if (!isSelected(original, spec)) continue;
          walkPath(resource.node, spec, {
            set: (node) => new ReferenceFixer(index, referrer, target, spec).fix(node),
          });
        }
      });
    },
  };
}

interface Reference {
  readonly target: Gvk;
  readonly spec: FieldSpec;
}

function groupByKind(references: readonly NameReference[]): ReadonlyMap<string, readonly Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const { referrers, ...target } of references) {
    for (const spec of referrers) {
      const group = groups.get(spec.kind) ?? [];
      group.push({ target, spec });
      groups.set(spec.kind, group);
    }
  }
  return groups;
}

class ReferenceFixer {
  private readonly index: CandidateIndex;
  private readonly referrer: Referrer;
  private readonly target: Gvk;
  private readonly spec: FieldSpec;

  constructor(index: CandidateIndex, referrer: Referrer, target: Gvk, spec: FieldSpec) {
    this.index = index;
    this.referrer = referrer;
    this.target = target;
    this.spec = spec;
  }

  fix(node: YamlNode): void {
    if (isMissingOrNull(node)) return;
    if (node.kind === 'scalar') this.fixScalar(node);
    else if (node.kind === 'mapping') this.fixMap(node);
    else {
      for (const item of node.content) {
        if (isMissingOrNull(item)) continue;
        if (item.kind === 'scalar') this.fixScalar(item);
        else if (item.kind === 'mapping') this.fixMap(item);
        else throw new BuildError('a name reference is expected to be either a string or a map of string');
      }
    }
  }

  private fixScalar(node: YamlNode): void {
    const referral = this.select(node.value, this.index.candidates(node.value, this.referrer), sameName);
    if (referral !== undefined && referral.name !== node.value) setScalar(node, scalarNode(referral.name));
  }

  /** A map with `name`, and maybe `namespace`, as in the subjects of role bindings. */
  private fixMap(node: YamlNode): void {
    const name = getField(node, 'name');
    if (name === undefined) throw new BuildError("path config error; no 'name' field in node");
    const namespace = fieldOf(node, 'namespace');
    const candidates = this.index.candidates(name.value, this.referrer, namespace?.value);
    const referral = this.select(name.value, candidates, sameNameAndNamespace);
    if (referral === undefined) return;
    const { name: newName, namespace: newNamespace } = referral;
    if (newName === name.value && newNamespace === '') return;
    setField(node, 'name', scalarNode(newName));
    if (newNamespace !== '') setField(node, 'namespace', scalarNode(newNamespace));
  }

  private select(
    oldName: string,
    named: readonly Resource[],
    identical: (a: Resource, b: Resource) => boolean,
  ): Resource | undefined {
    const roleRef = this.roleRef();
    let candidates = named.filter(
      (candidate) =>
        candidate.previousIds().some((id) => isSelected(id, this.target)) &&
        (roleRef === undefined || candidate.previousIds().some((id) => isSelected(id, roleRef))) &&
        this.isReachable(candidate),
    );
    if (candidates.length > 1) candidates = candidates.filter((candidate) => this.sharesAffixes(candidate, true));
    else if (candidates.length === 1) return candidates[0];
    if (candidates.length > 1) candidates = candidates.filter((candidate) => this.sharesAffixes(candidate, false));
    const [first] = candidates;
    if (first === undefined || candidates.every((candidate) => identical(first, candidate))) return first;
    const ids = candidates.map((candidate) => idText(candidate.id())).join(', ');
    const who = idText(this.referrer.resource.id());
    throw new BuildError(
      `found multiple possible referrals for '${oldName}' in '${this.spec.path}' of ${who}: ${ids}`,
      {
        file: this.referrer.resource.file,
        field: this.spec.path,
      },
    );
  }

  /** A role binding names the kind of its role. */
  private roleRef(): Gvk | undefined {
    if (!this.spec.path.endsWith('roleRef/name')) return undefined;
    const roleRef = fieldOf(this.referrer.resource.node, 'roleRef');
    const group = fieldOf(roleRef, 'apiGroup');
    const kind = fieldOf(roleRef, 'kind');
    if (group === undefined || kind === undefined) return undefined;
    return { group: group.value, version: '', kind: kind.value };
  }

  private isReachable(candidate: Resource): boolean {
    if (this.referrer.id.clusterScoped) return true;
    const id = candidate.id();
    if (id.clusterScoped || id.kind === 'ServiceAccount') return true;
    return effectiveNamespace(id) === effectiveNamespace(this.referrer.id);
  }

  private sharesAffixes(candidate: Resource, allowEmpty: boolean): boolean {
    const { resource } = this.referrer;
    return (
      sharesEnd(candidate.prefixes(), resource.prefixes(), allowEmpty) &&
      sharesEnd(candidate.suffixes(), resource.suffixes(), allowEmpty)
    );
  }
}

/** Whether the shorter list is the end of the longer one; `allowEmpty` lets an empty one pass. */
function sharesEnd(a: readonly string[], b: readonly string[], allowEmpty: boolean): boolean {
  if (a.length === 0 || b.length === 0) return allowEmpty || a.length === b.length;
  const length = Math.min(a.length, b.length);
  return Array.from({ length }, (_, i) => i + 1).every((i) => a.at(-i) === b.at(-i));
}

function sameName(a: Resource, b: Resource): boolean {
  return a.name === b.name;
}

function sameNameAndNamespace(a: Resource, b: Resource): boolean {
  return a.name === b.name && a.namespace === b.namespace;
}
