import { assertKind, getField } from '../../../yaml/fields.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import type { Image } from '../kustomization/types.ts';
import { compileRegex, type Matcher } from '../paths/regex.ts';
import { eachResource } from '../resource/each.ts';
import { walkFields } from './field-walk.ts';
import { scalarSetter } from './setters.ts';
import type { KustomizeVersion, Transformer } from './transformer.ts';

/**
 * Changes names, tags and digests of images: wherever there is a field `containers` or `initContainers`, and in the
 * fields that the specs name (ImageTagTransformer and api/filters/imagetag).
 */
export function imageTransformer(image: Image, specs: readonly FieldSpec[], version: KustomizeVersion): Transformer {
  const set = imageSetter(image, version);
  return {
    transform: (map) => {
      const resources = map.resources.filter(({ kind }) => kind !== 'CustomResourceDefinition');
      eachResource(resources, ({ node }) => walkContainers(node, set));
      eachResource(resources, ({ node }) => walkFields(node, specs, { set }));
    },
  };
}

function walkContainers(node: YamlNode, set: (node: YamlNode) => void): void {
  if (node.kind === 'sequence') {
    for (const item of node.content) walkContainers(item, set);
    return;
  }
  if (node.kind !== 'mapping') return;
  for (let i = 0; i + 1 < node.content.length; i += 2) {
    const name = (node.content[i] as YamlNode).value;
    const value = node.content[i + 1] as YamlNode;
    if (value.kind !== 'scalar') walkContainers(value, set);
    if ((name !== 'containers' && name !== 'initContainers') || value.kind !== 'sequence') continue;
    for (const container of value.content) {
      const field = getField(container, 'image');
      if (field !== undefined) set(field);
    }
  }
}

function imageSetter(image: Image, version: KustomizeVersion): (node: YamlNode) => void {
  const matcher = imageMatcher(image.name ?? '', version);
  return (node) => {
    assertKind(node, 'scalar');
    if (matcher.test(node.value)) scalarSetter(changed(node.value, image))(node);
  };
}

/** The name is a pattern. Digests of any algorithm are known since 5.8.2. */
function imageMatcher(name: string, version: KustomizeVersion): Matcher {
  const algorithm = version === 'v5.8.1' ? 'sha256' : '[a-zA-Z0-9]+(?:[.+_-][a-zA-Z0-9]+)*';
  const pattern = `^${name}(:[a-zA-Z0-9_.{}-]*)?(@${algorithm}:[a-zA-Z0-9_.{}-]*)?$`;
  if (/^[\w./:@-]*$/.test(name)) return new RegExp(pattern);
  try {
    return compileRegex(pattern);
  } catch (error) {
    // v5.8.1 crashes on a name that is no pattern; since then it matches nothing.
    if (version === 'v5.8.1') throw error;
    return { test: () => false };
  }
}

function changed(value: string, { newName = '', newTag = '', digest = '', tagSuffix = '' }: Image): string {
  const parts = splitImage(value);
  const name = newName === '' ? parts.name : newName;
  if (newTag !== '' || digest !== '') return joinImage(name, newTag, digest);
  if (tagSuffix !== '') return joinImage(name, parts.tag + tagSuffix, '');
  return joinImage(name, parts.tag, parts.digest);
}

function joinImage(name: string, tag: string, digest: string): string {
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

/** Name, tag and digest of an image; a colon in the registry's address does not begin a tag (api/internal/image). */
export function splitImage(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const slash = image.indexOf('/');
  const from = slash > 0 ? slash : 0;
  const at = image.indexOf('@', from);
  const colon = image.indexOf(':', from);
  if (at < 0 && colon < 0) return { name: image, tag: '', digest: '' };
  if (at >= 0 && (colon < 0 || at < colon)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) };
  if (at < 0) return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: '' };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) };
}
