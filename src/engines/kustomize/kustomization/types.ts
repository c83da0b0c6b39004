import type { Decoded, DecodedStruct, StructType } from './decode.ts';

const gvk = { group: 'string', version: 'string', kind: 'string' } as const satisfies StructType;

/** `api/types/fieldspec.go` */
export const fieldSpecType = { ...gvk, path: 'string', create: 'bool' } as const satisfies StructType;

const specs = { list: { struct: fieldSpecType } } as const;

/** `api/types/selector.go` */
export const selectorType = {
  ...gvk,
  name: 'string',
  namespace: 'string',
  annotationSelector: 'string',
  labelSelector: 'string',
} as const satisfies StructType;

const metadata = {
  name: 'string',
  namespace: 'string',
  labels: { map: 'string' },
  annotations: { map: 'string' },
} as const satisfies StructType;

const patchOptions = { allowNameChange: 'bool', allowKindChange: 'bool' } as const satisfies StructType;

/** `api/types/patch.go` */
export const patchType = {
  path: 'string',
  patch: 'string',
  target: { struct: selectorType },
  options: { struct: patchOptions },
} as const satisfies StructType;

/** `api/types/image.go` */
export const imageType = {
  name: 'string',
  newName: 'string',
  tagSuffix: 'string',
  newTag: 'string',
  digest: 'string',
} as const satisfies StructType;

const fieldOptions = {
  delimiter: 'string',
  index: 'int',
  encoding: 'string',
  create: 'bool',
} as const satisfies StructType;

/** `api/types/replacement.go` */
export const replacementType = {
  source: {
    struct: { ...gvk, name: 'string', namespace: 'string', fieldPath: 'string', options: { struct: fieldOptions } },
  },
  sourceValue: 'string',
  targets: {
    list: {
      struct: {
        select: { struct: selectorType },
        reject: { list: { struct: selectorType } },
        fieldPaths: { list: 'string' },
        options: { struct: fieldOptions },
      },
    },
  },
} as const satisfies StructType;

const replacementField = { ...replacementType, path: 'string' } as const satisfies StructType;

/** `api/types/replica.go` */
export const replicaType = { name: 'string', count: 'int' } as const satisfies StructType;

const generatorOptions = {
  labels: { map: 'string' },
  annotations: { map: 'string' },
  disableNameSuffixHash: 'bool',
  immutable: 'bool',
} as const satisfies StructType;

/** `api/types/configmapargs.go` */
export const configMapArgsType = {
  namespace: 'string',
  name: 'string',
  behavior: 'string',
  literals: { list: 'string' },
  files: { list: 'string' },
  envs: { list: 'string' },
  env: 'string',
  options: { struct: generatorOptions },
} as const satisfies StructType;

/** `api/types/secretargs.go` */
export const secretArgsType = { ...configMapArgsType, type: 'string' } as const satisfies StructType;

/** `api/types/var.go` */
export const varType = {
  name: 'string',
  objref: { struct: { apiVersion: 'string', ...gvk, name: 'string', namespace: 'string' } },
  fieldref: { struct: { fieldPath: 'string' } },
} as const satisfies StructType;

const sortOptions = {
  order: 'string',
  legacySortOptions: { struct: { orderFirst: { list: 'string' }, orderLast: { list: 'string' } } },
} as const satisfies StructType;

const label = {
  pairs: { map: 'string' },
  includeSelectors: 'bool',
  includeTemplates: 'bool',
  fields: specs,
} as const satisfies StructType;

/** `api/types/kustomization.go`, in the order of its fields. */
export const kustomizationType = {
  kind: 'string',
  apiVersion: 'string',
  metadata: { struct: metadata },
  openapi: { map: 'string' },
  namePrefix: 'string',
  nameSuffix: 'string',
  namespace: 'string',
  commonLabels: { map: 'string' },
  labels: { list: { struct: { ...label, includeVolumeClaimTemplates: 'bool' } } },
  commonAnnotations: { map: 'string' },
  patchesStrategicMerge: { list: 'string' },
  patchesJson6902: { list: { struct: patchType } },
  patches: { list: { struct: patchType } },
  images: { list: { struct: imageType } },
  imageTags: { list: { struct: imageType } },
  replacements: { list: { struct: replacementField } },
  replicas: { list: { struct: replicaType } },
  vars: { list: { struct: varType } },
  sortOptions: { struct: sortOptions },
  resources: { list: 'string' },
  components: { list: 'string' },
  crds: { list: 'string' },
  bases: { list: 'string' },
  configMapGenerator: { list: { struct: configMapArgsType } },
  secretGenerator: { list: { struct: secretArgsType } },
  helmGlobals: 'any',
  helmCharts: { list: 'any' },
  helmChartInflationGenerator: { list: 'any' },
  generatorOptions: { struct: generatorOptions },
  configurations: { list: 'string' },
  generators: { list: 'string' },
  transformers: { list: 'string' },
  validators: { list: 'string' },
  buildMetadata: { list: 'string' },
} as const satisfies StructType;

/** The contents of a kustomization file. */
export type Kustomization = DecodedStruct<typeof kustomizationType>;
export type FieldSpecArgs = DecodedStruct<typeof fieldSpecType>;
export type Selector = DecodedStruct<typeof selectorType>;
export type Patch = DecodedStruct<typeof patchType>;
export type Image = DecodedStruct<typeof imageType>;
export type Replica = DecodedStruct<typeof replicaType>;
export type Replacement = DecodedStruct<typeof replacementType>;
export type ReplacementField = DecodedStruct<typeof replacementField>;
export type FieldOptions = DecodedStruct<typeof fieldOptions>;
export type GeneratorOptions = DecodedStruct<typeof generatorOptions>;
export type ConfigMapArgs = DecodedStruct<typeof configMapArgsType>;
export type SecretArgs = DecodedStruct<typeof secretArgsType>;
export type Var = DecodedStruct<typeof varType>;
export type SortOptions = DecodedStruct<typeof sortOptions>;
export type Label = NonNullable<Decoded<(typeof kustomizationType)['labels']>>[number];
