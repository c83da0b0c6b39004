import { assertKind, getField, isMissingOrNull } from '../../../yaml/fields.ts';
import { TAG, type YamlNode } from '../../../yaml/node.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { type FieldSpec, fieldSpec } from '../config/field-spec.ts';
import { lookup } from '../paths/lookup.ts';
import { note } from '../resource/annotations.ts';
import { eachResource } from '../resource/each.ts';
import { annotationOf } from '../resource/metadata.ts';
import { idKey, idText } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { walkField, walkFields } from './field-walk.ts';
import { hasText, scalarSetter } from './setters.ts';
import type { Transformer } from './transformer.ts';

/** Which subjects of role bindings get the namespace. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none';

/** What the transformer is told. */
export interface NamespaceOptions {
  readonly namespace: string;
  readonly specs: readonly FieldSpec[];
  /** Only where there is none yet. */
  readonly unsetOnly?: boolean;
  readonly subjects?: SubjectMode;
}

const metadataNamespace = fieldSpec('metadata/namespace', { create: true });

/** Puts objects into a namespace (NamespaceTransformer and api/filters/namespace). */
export function namespaceTransformer(options: NamespaceOptions): Transformer {
  return {
    transform: (map) => {
      if (options.namespace === '') return;
      const ids = new Map<string, Resource[]>();
      for (const resource of map.resources) {
        const key = idKey(resource.id());
        ids.set(key, [...(ids.get(key) ?? []), resource]);
      }
      eachResource(map.resources, (resource) => {
        if (resource.isEmpty() || annotationOf(resource.node, note.helmGenerated) === 'true') return;
        const before = idKey(resource.id());
        resource.storePreviousId();
        setNamespaces(resource, options);
        const after = idKey(resource.id());
        const others = (ids.get(before) ?? []).filter((other) => other !== resource);
        ids.set(before, others);
        const same = [...(ids.get(after) ?? []), resource];
        ids.set(after, same);
        if (same.length > 1) throw conflict(same);
      });
    },
  };
}

function conflict(resources: readonly Resource[]): BuildError {
  const was = resources.map((resource) => idText(resource.originalId())).join(' and ');
  const [first] = resources;
  const now = first === undefined ? '' : idText(first.id());
  return new BuildError(`namespace transformation produces ID conflict: ${was} both become ${now}`, {
    field: 'namespace',
    file: resources.at(-1)?.file,
  });
}

function setNamespaces(resource: Resource, options: NamespaceOptions): void {
  const set = namespaceSetter(options);
  const id = resource.id();
  const isBinding = id.kind === 'RoleBinding' || id.kind === 'ClusterRoleBinding';
  if (!id.clusterScoped) walkField(resource.node, metadataNamespace, { set, createKind: 'scalar' });
  if (isBinding) setSubjects(resource.node, options.subjects ?? 'defaultOnly', set);
  const specs = options.specs.filter(
    (spec) =>
      spec.path !== 'metadata/namespace' &&
      (resource.apiVersion === 'v1' || spec.path !== 'metadata/name') &&
      !(isBinding && /^(?:Cluster)?RoleBinding$/.test(spec.kind) && spec.path === 'subjects/namespace'),
  );
  try {
    walkFields(resource.node, specs, { set, createKind: 'scalar', createTag: TAG.str });
  } catch (error) {
    throw prefixed(error, `namespace transformation failed for ${idText(id)}`, { file: resource.file });
  }
}

function namespaceSetter({ namespace, unsetOnly = false }: NamespaceOptions): (node: YamlNode) => void {
  const set = scalarSetter(namespace, TAG.str);
  return (node) => {
    if (!unsetOnly || !hasText(node, '')) set(node);
  };
}

/** Subjects are only given the namespace when they are called `default`, or are service accounts. */
function setSubjects(binding: YamlNode, mode: SubjectMode, set: (node: YamlNode) => void): void {
  const subjects = getField(binding, 'subjects');
  if (mode === 'none' || isMissingOrNull(subjects)) return;
  assertKind(subjects, 'sequence');
  const [field, wanted] = mode === 'defaultOnly' ? ['name', 'default'] : ['kind', 'ServiceAccount'];
  for (const subject of subjects.content) {
    const value = getField(subject, field);
    if (isMissingOrNull(value) || value.value !== wanted) continue;
    const namespace = lookup(subject, ['namespace'], 'scalar');
    if (namespace !== undefined) set(namespace);
  }
}
