import { setField, stringNode } from '../../../yaml/fields.ts';
import { mappingNode, scalarNode, TAG, type YamlNode } from '../../../yaml/node.ts';
import { BuildError } from '../build-error.ts';
import type { ConfigMapArgs, GeneratorOptions, SecretArgs } from '../kustomization/types.ts';
import { note } from '../resource/annotations.ts';
import { childMap, setAnnotation, setLabel } from '../resource/metadata.ts';
import type { Behavior, Resource } from '../resource/resource.ts';
import type { Generator, PluginContext } from '../transformers/transformer.ts';
import { configMapValue, encodeBase64, secretValue } from './data-value.ts';
import { type KeyValue, loadPairs } from './key-values.ts';

/** Makes a ConfigMap (api/internal/generators/configmap.go). */
export function configMapGenerator(args: ConfigMapArgs, context: PluginContext): Generator {
  return {
    generate: () => {
      const node = baseNode('ConfigMap', args);
      for (const [key, value] of sortedPairs('ConfigMap', args, context)) {
        if (typeof value === 'string') setField(childMap(node, 'data'), key, configMapValue(value));
        else setField(childMap(node, 'binaryData'), key, secretValue(encodeBase64(value)));
      }
      return [finish(node, args, context)];
    },
  };
}

/** Makes a Secret (api/internal/generators/secret.go). */
export function secretGenerator(args: SecretArgs, context: PluginContext): Generator {
  return {
    generate: () => {
      const node = baseNode('Secret', args);
      setField(node, 'type', stringNode(args.type || 'Opaque'));
      const data = childMap(node, 'data');
      for (const [key, value] of sortedPairs('Secret', args, context))
        setField(data, key, secretValue(encodeBase64(value)));
      return [finish(node, args, context)];
    },
  };
}

function baseNode(kind: string, { name = '', namespace = '' }: ConfigMapArgs): YamlNode {
  if (name === '') throw new BuildError(`a ${kind} generator must have a name`, { field: 'name' });
  const node = mappingNode();
  setField(node, 'apiVersion', scalarNode('v1', TAG.str));
  setField(node, 'kind', scalarNode(kind, TAG.str));
  const metadata = childMap(node, 'metadata');
  setField(metadata, 'name', stringNode(name));
  if (namespace !== '') setField(metadata, 'namespace', stringNode(namespace));
  return node;
}

function sortedPairs(kind: 'ConfigMap' | 'Secret', args: ConfigMapArgs, { loader }: PluginContext): KeyValue[] {
  const pairs = loadPairs(args, loader, kind === 'Secret');
  const keys = new Set<string>();
  for (const [key] of pairs) {
    if (keys.has(key)) throw new BuildError(`configmap ${args.name ?? ''} illegally repeats the key \`${key}\``);
    keys.add(key);
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

function finish(node: YamlNode, args: ConfigMapArgs, { factory }: PluginContext): Resource {
  const { labels = {}, annotations = {}, immutable, disableNameSuffixHash } = args.options ?? {};
  for (const key of Object.keys(labels).sort()) setLabel(node, key, labels[key] ?? '');
  for (const key of Object.keys(annotations).sort()) setAnnotation(node, key, annotations[key] ?? '');
  if (immutable === true) setField(node, 'immutable', scalarNode('true', TAG.bool));
  const [resource] = factory.fromNodes([node]) as [Resource];
  if (disableNameSuffixHash !== true) resource.enable(note.needsHash);
  resource.behavior = behaviorOf(args.behavior);
  return resource;
}

function behaviorOf(text: string | undefined): Behavior {
  return text === 'create' || text === 'replace' || text === 'merge' ? text : 'unspecified';
}

/** The options of one generator with those of `generatorOptions` under them; flags that are set there stay set. */
export function mergeOptions(
  own: GeneratorOptions | undefined,
  global: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (global === undefined) return own;
  return {
    labels: { ...global.labels, ...own?.labels },
    annotations: { ...global.annotations, ...own?.annotations },
    disableNameSuffixHash: global.disableNameSuffixHash === true || own?.disableNameSuffixHash === true,
    immutable: global.immutable === true || own?.immutable === true,
  };
}
