import { BuildError, prefixed } from '../build-error.ts';
import { toFieldSpecs } from '../config/config-file.ts';
import { type FieldSpec, fieldSpec, mergeSpecs } from '../config/field-spec.ts';
import type { TransformerConfig } from '../config/transformer-config.ts';
import { configMapGenerator, mergeOptions, secretGenerator } from '../generators/generate.ts';
import type { Kustomization, Label, ReplacementField } from '../kustomization/types.ts';
import { collect } from '../problems.ts';
import { imageTransformer } from '../transformers/image-tag.ts';
import { mapTransformer } from '../transformers/labels.ts';
import { namespaceTransformer } from '../transformers/namespace.ts';
import { patchTransformer } from '../transformers/patch.ts';
import { json6902Transformer } from '../transformers/patch-json6902.ts';
import { strategicMergeTransformer } from '../transformers/patch-strategic-merge.ts';
import { prefixTransformer } from '../transformers/prefix.ts';
import { replacementTransformer } from '../transformers/replacement.ts';
import { replicaTransformer } from '../transformers/replica-count.ts';
import { suffixTransformer } from '../transformers/suffix.ts';
import type { Generator, PluginContext, Transformer } from '../transformers/transformer.ts';
import { loadReplacements } from './replacements.ts';

/** A transformer or generator with the name that the original gives it. */
export interface Named<T> {
  readonly kind: string;
  readonly plugin: T;
}

/** The generators that the fields of a kustomization ask for, in the order in which they run. */
export function builtinGenerators(k: Kustomization, context: PluginContext): Named<Generator>[] {
  const global = k.generatorOptions;
  const configMaps = (k.configMapGenerator ?? []).map((args) =>
    configMapGenerator({ ...args, options: mergeOptions(args.options, global) }, context),
  );
  const secrets = (k.secretGenerator ?? []).map((args) =>
    secretGenerator({ ...args, options: mergeOptions(args.options, global) }, context),
  );
  if ((k.helmCharts ?? []).length > 0) {
    throw new BuildError('trouble configuring builtin HelmChartInflationGenerator: must specify --enable-helm', {
      field: 'helmCharts',
    });
  }
  return [...named('ConfigMapGenerator', configMaps), ...named('SecretGenerator', secrets)];
}

function named<T>(kind: string, plugins: readonly T[]): Named<T>[] {
  return plugins.map((plugin) => ({ kind, plugin }));
}

type Make = (k: Kustomization, config: TransformerConfig, context: PluginContext) => readonly Transformer[];

/** The transformers in the order in which they run (kusttarget_configplugin.go). */
const order: readonly (readonly [kind: string, make: Make])[] = [
  [
    'PatchStrategicMergeTransformer',
    ({ patchesStrategicMerge: paths = [] }, _, context) =>
      paths.length === 0 ? [] : [strategicMergeTransformer({ paths }, context)],
  ],
  ['PatchTransformer', ({ patches = [] }, _, context) => collect(patches, (patch) => patchTransformer(patch, context))],
  [
    'NamespaceTransformer',
    ({ namespace = '' }, config) =>
      namespace === '' ? [] : [namespaceTransformer({ namespace, specs: config.namespace })],
  ],
  [
    'PrefixTransformer',
    ({ namePrefix: prefix }, config) => (prefix ? [prefixTransformer(prefix, config.namePrefix)] : []),
  ],
  [
    'SuffixTransformer',
    ({ nameSuffix: suffix }, config) => (suffix ? [suffixTransformer(suffix, config.nameSuffix)] : []),
  ],
  ['LabelTransformer', labelTransformers],
  [
    'AnnotationsTransformer',
    ({ commonAnnotations = {} }, config) =>
      Object.keys(commonAnnotations).length === 0 ? [] : [mapTransformer(commonAnnotations, config.commonAnnotations)],
  ],
  [
    'PatchJson6902Transformer',
    ({ patchesJson6902 = [] }, _, context) =>
      collect(patchesJson6902, ({ target, path, patch }) =>
        json6902Transformer({ target, path, jsonOp: patch }, context),
      ),
  ],
  [
    'ReplicaCountTransformer',
    ({ replicas = [] }, config) => replicas.map((one) => replicaTransformer(one, config.replicas)),
  ],
  [
    'ImageTagTransformer',
    ({ images = [] }, config, { version }) => images.map((one) => imageTransformer(one, config.images, version)),
  ],
  [
    'ReplacementTransformer',
    ({ replacements = [] }, _, { loader, version }) =>
      replacements.length === 0
        ? []
        : [
            replacementTransformer(loadReplacements(replacements.map(withoutEmptyTargets), loader), {
              version,
              budget: loader.budget,
            }),
          ],
  ],
];

/** The transformers that the fields of a kustomization ask for, in the order in which they run. */
export function builtinTransformers(
  k: Kustomization,
  config: TransformerConfig,
  context: PluginContext,
): Named<Transformer>[] {
  return collect(order, ([kind, make]) => {
    try {
      return named(kind, make(k, config, context));
    } catch (error) {
      throw prefixed(error, `trouble configuring builtin ${kind}`);
    }
  }).flat();
}

/** No targets in a kustomization are none given; in a file of replacements they are allowed. */
function withoutEmptyTargets(field: ReplacementField): ReplacementField {
  return field.targets?.length === 0 ? { ...field, targets: undefined } : field;
}

function labelTransformers(
  { labels = [], commonLabels = {} }: Kustomization,
  config: TransformerConfig,
): Transformer[] {
  if (labels.length === 0 && Object.keys(commonLabels).length === 0) return [];
  return [
    ...labels.map((label) => mapTransformer(label.pairs ?? {}, labelSpecs(label, config))),
    mapTransformer(commonLabels, config.commonLabels),
  ];
}

function labelSpecs(label: Label, config: TransformerConfig): readonly FieldSpec[] {
  const own = mergeSpecs(toFieldSpecs(label.fields), config.labels);
  if (label.includeSelectors === true) return mergeSpecs(own, config.commonLabels);
  const templates = label.includeTemplates === true ? mergeSpecs(own, config.templateLabels) : own;
  const claims =
    label.includeVolumeClaimTemplates === true ? mergeSpecs(templates, config.volumeClaimTemplateLabels) : templates;
  return mergeSpecs(claims, [fieldSpec('metadata/labels', { create: true })]);
}
