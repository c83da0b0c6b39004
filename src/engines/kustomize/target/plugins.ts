import { jsonValue } from '../../../yaml/json-value.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { toFieldSpecs } from '../config/config-file.ts';
import { configMapGenerator, secretGenerator } from '../generators/generate.ts';
import { iamPolicyGenerator, iamPolicyType } from '../generators/iam-policy.ts';
import { type DecodedStruct, decodeStruct, type StructType } from '../kustomization/decode.ts';
import {
  configMapArgsType,
  fieldSpecType,
  imageType,
  kustomizationType,
  patchType,
  replicaType,
  secretArgsType,
  selectorType,
} from '../kustomization/types.ts';
import { gvkText, idText } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { hashTransformer } from '../transformers/hash.ts';
import { imageTransformer } from '../transformers/image-tag.ts';
import { mapTransformer } from '../transformers/labels.ts';
import { namespaceTransformer, type SubjectMode } from '../transformers/namespace.ts';
import { patchTransformer } from '../transformers/patch.ts';
import { json6902Transformer } from '../transformers/patch-json6902.ts';
import { strategicMergeTransformer } from '../transformers/patch-strategic-merge.ts';
import { prefixTransformer } from '../transformers/prefix.ts';
import { replacementTransformer } from '../transformers/replacement.ts';
import { replicaTransformer } from '../transformers/replica-count.ts';
import { suffixTransformer } from '../transformers/suffix.ts';
import type { Generator, PluginContext, Transformer } from '../transformers/transformer.ts';
import { valueAddTransformer, valueAddType } from '../transformers/value-add.ts';
import { loadReplacements } from './replacements.ts';

/** Reads the fields of a plugin's configuration. */
type Read = <S extends StructType>(type: S) => DecodedStruct<S>;
type Make<T> = (read: Read, context: PluginContext) => T;

const fieldSpecs = { list: { struct: fieldSpecType } } as const;
const metadata = kustomizationType.metadata;
const subjectModes: readonly string[] = ['defaultOnly', 'allServiceAccounts', 'none'];

const transformers: Readonly<Record<string, Make<Transformer>>> = {
  AnnotationsTransformer: (read) => {
    const { annotations = {}, fieldSpecs: specs } = read({ annotations: { map: 'string' }, fieldSpecs });
    return mapTransformer(annotations, toFieldSpecs(specs));
  },
  LabelTransformer: (read) => {
    const { labels = {}, fieldSpecs: specs } = read({ labels: { map: 'string' }, fieldSpecs });
    return mapTransformer(labels, toFieldSpecs(specs));
  },
  HashTransformer: () => hashTransformer,
  ImageTagTransformer: (read, { version }) => {
    const { imageTag = {}, fieldSpecs: specs } = read({ imageTag: { struct: imageType }, fieldSpecs });
    return imageTransformer(imageTag, toFieldSpecs(specs), version);
  },
  NamespaceTransformer: (read) => {
    const args = read({ metadata, fieldSpecs, unsetOnly: 'bool', setRoleBindingSubjects: 'string' });
    return namespaceTransformer({
      namespace: args.metadata?.namespace ?? '',
      specs: toFieldSpecs(args.fieldSpecs),
      unsetOnly: args.unsetOnly === true,
      subjects: subjectMode(args.setRoleBindingSubjects || 'defaultOnly'),
    });
  },
  PatchJson6902Transformer: (read, context) =>
    json6902Transformer(read({ target: { struct: selectorType }, path: 'string', jsonOp: 'string' }), context),
  PatchStrategicMergeTransformer: (read, context) =>
    strategicMergeTransformer(read({ paths: { list: 'string' }, patches: 'string' }), context),
  PatchTransformer: (read, context) => patchTransformer(read(patchType), context),
  PrefixTransformer: (read) => prefix(read),
  SuffixTransformer: (read) => suffix(read),
  PrefixSuffixTransformer: (read) => {
    const both = [prefix(read), suffix(read)];
    return {
      transform: (map) => {
        for (const one of both) one.transform(map);
      },
    };
  },
  ReplacementTransformer: (read, context) => {
    const { replacements = [] } = read({ replacements: kustomizationType.replacements });
    const { loader, version } = context;
    return replacementTransformer(loadReplacements(replacements, loader), { version, budget: loader.budget });
  },
  ReplicaCountTransformer: (read) => {
    const { replica = {}, fieldSpecs: specs } = read({ replica: { struct: replicaType }, fieldSpecs });
    return replicaTransformer(replica, toFieldSpecs(specs));
  },
  ValueAddTransformer: (read, context) => valueAddTransformer(read(valueAddType), context),
};

const generators: Readonly<Record<string, Make<Generator>>> = {
  ConfigMapGenerator: (read, context) => configMapGenerator(named(read, read(configMapArgsType)), context),
  SecretGenerator: (read, context) => secretGenerator(named(read, read(secretArgsType)), context),
  IAMPolicyGenerator: (read, context) => iamPolicyGenerator(read(iamPolicyType), context),
  HelmChartInflationGenerator: () => {
    throw new BuildError('Helm charts are not inflated here: must specify --enable-helm');
  },
};

/** The transformer that an object of apiVersion `builtin` configures. Throws {@link BuildError} for any other. */
export function pluginTransformer(resource: Resource, context: PluginContext): Transformer {
  return configure(resource, context, transformers, generators, 'transformer');
}

/** The generator that an object of apiVersion `builtin` configures. Throws {@link BuildError} for any other. */
export function pluginGenerator(resource: Resource, context: PluginContext): Generator {
  return configure(resource, context, generators, transformers, 'generator');
}

function configure<T>(
  resource: Resource,
  context: PluginContext,
  wanted: Readonly<Record<string, Make<T>>>,
  others: Readonly<Record<string, unknown>>,
  what: string,
): T {
  const { apiVersion, kind, file } = resource;
  if (apiVersion !== 'builtin') {
    throw new BuildError(`external plugins disabled; unable to load external plugin '${kind}'`, { file });
  }
  const make = Object.hasOwn(wanted, kind) ? wanted[kind] : undefined;
  const name = idText(resource.originalId());
  if (make === undefined) {
    if (Object.hasOwn(others, kind)) throw new BuildError(`plugin ${name} not a ${what}`, { file });
    throw new BuildError(`unable to load builtin ${gvkText(resource.gvk())}`, { file, field: 'kind' });
  }
  const value = jsonValue(resource.node);
  try {
    return make((type) => decodeStruct(value, type, { strict: false, coerce: true, file }, kind), context);
  } catch (error) {
    throw prefixed(error, `plugin ${name} fails configuration`, { file });
  }
}

function prefix(read: Read): Transformer {
  const args = read({ prefix: 'string', fieldSpecs });
  return prefixTransformer(args.prefix ?? '', requiredSpecs(args.fieldSpecs));
}

function suffix(read: Read): Transformer {
  const args = read({ suffix: 'string', fieldSpecs });
  return suffixTransformer(args.suffix ?? '', requiredSpecs(args.fieldSpecs));
}

function requiredSpecs(specs: Parameters<typeof toFieldSpecs>[0]): ReturnType<typeof toFieldSpecs> {
  if (specs === undefined) throw new BuildError('fieldSpecs is not expected to be nil', { field: 'fieldSpecs' });
  return toFieldSpecs(specs);
}

function subjectMode(text: string): SubjectMode {
  if (subjectModes.includes(text)) return text as SubjectMode;
  throw new BuildError(
    `invalid value "${text}" for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
    { field: 'setRoleBindingSubjects' },
  );
}

/** Name and namespace may be given in the metadata of the generator's configuration. */
function named<T extends { readonly name?: string | undefined; readonly namespace?: string | undefined }>(
  read: Read,
  args: T,
): T {
  const own = read({ metadata }).metadata ?? {};
  return { ...args, name: args.name || own.name, namespace: args.namespace || own.namespace };
}
