import { isNilOrEmpty } from '../../../yaml/fields.ts';
import { scalarNode, type YamlNode } from '../../../yaml/node.ts';
import type { Budget } from '../budget.ts';
import { BuildError, prefixed } from '../build-error.ts';
import type { FieldOptions, Replacement, Selector } from '../kustomization/types.ts';
import { type CreateKind, lookup } from '../paths/lookup.ts';
import { matchPath } from '../paths/match.ts';
import { splitFieldPath } from '../paths/split.ts';
import { collect } from '../problems.ts';
import { idText, isIdSelected, type ResId } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { compileSelector, labelMatcher } from '../resource/select.ts';
import { setInText } from './structured-text.ts';
import type { KustomizeVersion, Transformer } from './transformer.ts';

/** What of a build replacements depend on. */
export interface ReplacementContext {
  readonly version: KustomizeVersion;
  readonly budget: Budget;
}

type Source = NonNullable<Replacement['source']>;
type Target = NonNullable<Replacement['targets']>[number];

/** Copies values from fields of one object into fields of others (api/filters/replacement). */
export function replacementTransformer(replacements: readonly Replacement[], context: ReplacementContext): Transformer {
  return {
    transform: (map) => {
      collect(replacements, (replacement) => {
        const { source, sourceValue, targets } = replacement;
        if ((source === undefined && sourceValue === undefined) || targets === undefined) {
          throw new BuildError('replacements must specify a source and at least one target', { field: 'replacements' });
        }
        const value = sourceOf(map.resources, source, sourceValue);
        for (const target of targets) applyTo(map.resources, value, target, context);
      });
    },
  };
}

function sourceOf(
  resources: readonly Resource[],
  source: Source | undefined,
  sourceValue: string | undefined,
): YamlNode {
  const place = { field: 'replacements.source' };
  if (sourceValue !== undefined) {
    if (source !== undefined) throw new BuildError('value and resource selectors are mutually exclusive', place);
    return scalarNode(sourceValue);
  }
  const { fieldPath: given, options } = source ?? {};
  const fieldPath = given || 'metadata.name';
  const resource = onlyMatch(resources, source ?? {});
  let found: YamlNode | undefined;
  try {
    found = lookup(resource.node, splitFieldPath(fieldPath));
  } catch (error) {
    throw prefixed(error, `error looking up replacement source ${sourceText(source ?? {})}`, place);
  }
  if (found === undefined || isNilOrEmpty(found)) {
    throw new BuildError(
      `fieldPath \`${fieldPath}\` is missing for replacement source ${idText(sourceId(source ?? {}))}`,
      place,
    );
  }
  return refined(found, options);
}

function sourceId({ group = '', version = '', kind = '', name = '', namespace = '' }: Source): ResId {
  return { group, version, kind, name, namespace, clusterScoped: false };
}

function sourceText(source: Source): string {
  const { fieldPath = '', options } = source;
  const split = options?.delimiter
    ? [`${options.delimiter}(${options.index ?? 0}), create=${options.create === true}`]
    : [];
  return [idText(sourceId(source)), ...(fieldPath === '' ? [] : [fieldPath]), ...split].join(':');
}

function onlyMatch(resources: readonly Resource[], source: Source): Resource {
  const wanted = sourceId(source);
  const matches = resources.filter(
    (resource) =>
      (wanted.name === '' || resource.mayHaveName(wanted.name)) &&
      idsOf(resource).some((id) => isIdSelected(id, wanted)),
  );
  const [match] = matches;
  const place = { field: 'replacements.source' };
  if (match === undefined) throw new BuildError(`nothing selected by ${sourceText(source)}`, place);
  if (matches.length > 1) throw new BuildError(`multiple matches for selector ${sourceText(source)}`, place);
  return match;
}

/** Present and earlier ids; none of them knows whether its kind is cluster-scoped. */
function idsOf(resource: Resource): ResId[] {
  return [resource.plainId(), ...resource.previousIds()];
}

function refined(node: YamlNode, options: FieldOptions | undefined): YamlNode {
  const delimiter = options?.delimiter ?? '';
  if (delimiter === '') return node;
  if (node.kind !== 'scalar') throw new BuildError('delimiter option can only be used with scalar nodes');
  const index = options?.index ?? 0;
  const part = node.value.split(delimiter)[index];
  if (index < 0 || part === undefined) {
    throw new BuildError(`options.index ${index} is out of bounds for value ${node.value}`, {
      field: 'replacements.source.options.index',
      quotes: [node.value],
    });
  }
  const copy = node.copy();
  copy.value = part;
  return copy;
}

function applyTo(resources: readonly Resource[], value: YamlNode, target: Target, context: ReplacementContext): void {
  if (target.select === undefined) {
    throw new BuildError('target must specify resources to select', { field: 'replacements.targets.select' });
  }
  const select = compileSelector(target.select);
  const reject = (target.reject ?? []).filter(hasId).map(compileSelector);
  const hasLabels = labelMatcher(target.select);
  const rejectsLabels = (target.reject ?? []).filter(selectsLabels).map(labelMatcher);
  for (const resource of resources) {
    const ids = idsOf(resource);
    const meets = (regex: ReturnType<typeof compileSelector>): boolean =>
      ids.some((id) => regex.gvk(id) && regex.name(id.name) && regex.namespace(id.namespace));
    if (!meets(select) || reject.some(meets)) continue;
    if (!hasLabels(resource) || rejectsLabels.some((rejects) => rejects(resource))) continue;
    for (const fieldPath of target.fieldPaths?.length ? target.fieldPaths : ['metadata.name']) {
      copyTo(resource, value, fieldPath, target.options, context);
    }
  }
}

function hasId({ group, version, kind, name, namespace }: Selector): boolean {
  return [group, version, kind, name, namespace].some((part) => part !== undefined && part !== '');
}

function selectsLabels({ annotationSelector, labelSelector }: Selector): boolean {
  return Boolean(annotationSelector) || Boolean(labelSelector);
}

function copyTo(
  resource: Resource,
  value: YamlNode,
  fieldPath: string,
  options: FieldOptions | undefined,
  { version, budget }: ReplacementContext,
): void {
  const create = options?.create === true && value.kind !== 'none' && value.kind !== 'alias' ? value.kind : undefined;
  const path = splitFieldPath(fieldPath);
  // Before 5.8.2 a delimiter did nothing inside of texts.
  const inText = version === 'v5.8.1' ? { create: options?.create === true } : options;
  budget.copy(value);
  if (setInText(resource.node, path, create, (field) => setValue(field, value, inText))) return;
  const fields = fieldsAt(resource, path, fieldPath, create);
  budget.copy(value, fields.length - 1);
  for (const field of fields) setValue(field, value, options);
}

function fieldsAt(
  resource: Resource,
  path: readonly string[],
  fieldPath: string,
  create: CreateKind | undefined,
): YamlNode[] {
  const found = create === undefined ? 'find' : 'find or create';
  const problem = `unable to ${found} field "${fieldPath}" in replacement target`;
  const place = { field: fieldPath, file: resource.file };
  let fields: YamlNode[];
  try {
    fields = matchPath(resource.node, path, create);
  } catch (error) {
    throw prefixed(error, problem, place);
  }
  if (fields.length === 0) throw new BuildError(`${problem} ${idText(resource.id())}`, place);
  return fields;
}

/** Of a scalar only the text is replaced, so that the target's type stays; anything else becomes the value. */
function setValue(field: YamlNode, value: YamlNode, options: FieldOptions | undefined): void {
  const copy = value.copy();
  const delimiter = options?.delimiter ?? '';
  if (delimiter !== '') {
    if (field.kind !== 'scalar') throw new BuildError('delimiter option can only be used with scalar nodes');
    copy.value = withPart(field.value.split(delimiter), options?.index ?? 0, value.value).join(delimiter);
  }
  if (field.kind === 'scalar') field.value = copy.value;
  else field.assign(copy);
}

/** Before the first part, behind the last one, or instead of one. */
function withPart(parts: string[], index: number, part: string): string[] {
  if (index < 0) return [part, ...parts];
  if (index >= parts.length) return [...parts, part];
  parts[index] = part;
  return parts;
}
