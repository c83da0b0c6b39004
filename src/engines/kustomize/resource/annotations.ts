const domain = 'internal.config.kubernetes.io';

/** Annotations that the build keeps its notes in; none is in the result (api/internal/utils/annotations.go). */
export const note = {
  previousKinds: `${domain}/previousKinds`,
  previousNames: `${domain}/previousNames`,
  previousNamespaces: `${domain}/previousNamespaces`,
  prefixes: `${domain}/prefixes`,
  suffixes: `${domain}/suffixes`,
  allowNameChange: `${domain}/allowNameChange`,
  allowKindChange: `${domain}/allowKindChange`,
  behavior: `${domain}/generatorBehavior`,
  needsHash: `${domain}/needsHashSuffix`,
  helmGenerated: `${domain}/helm-generated`,
} as const;

/** Where an object came from; in the result only when `buildMetadata` asks for it. */
export const originAnnotation = 'config.kubernetes.io/origin';

/** What changed an object; in the result only when `buildMetadata` asks for it. */
export const transformationsAnnotation = 'alpha.config.kubernetes.io/transformations';

/** Objects with it are left out of the result, unless its value is `false`. */
export const localConfigAnnotation = 'config.kubernetes.io/local-config';

const legacy: readonly string[] = ['config.kubernetes.io/path', 'config.kubernetes.io/index', 'config.k8s.io/id'];

/** Everything that is taken away from the result. */
export const buildAnnotations: readonly string[] = [
  ...Object.values(note),
  `${domain}/refBy`,
  `${domain}/path`,
  `${domain}/index`,
  `${domain}/seqindent`,
  `${domain}/id`,
  `${domain}/annotations-migration-resource-id`,
  ...legacy,
];

/** Whether an annotation belongs to the build: a JSON patch cannot take it away. */
export function isInternal(name: string): boolean {
  return name.startsWith(`${domain}/`) || legacy.includes(name);
}
