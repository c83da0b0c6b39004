import { BuildError } from '../../../engines/kustomize/build-error.ts';
import type { GeneratedKustomization } from '../../../engines/kustomize/flux-generate.ts';
import { unknownFieldText } from '../../../engines/kustomize/kustomization/decode.ts';

/**
 * What is told of fields of a kustomization file that nobody knows. Throws BuildError when one of the outermost is a
 * known one misspelt.
 *
 * Differs from Flux (ADR 19): its controller rewrites the file without them, so that `resourcez:` builds nothing, and
 * everything that was applied is pruned.
 */
export function checkIgnoredFields({ file, ignoredFields }: GeneratedKustomization): readonly string[] {
  const misspelt = ignoredFields.filter(({ field, meant }) => meant !== undefined && !/[.[]/.test(field));
  if (misspelt.length > 0) {
    const texts = misspelt.map(unknownFieldText).join('; ');
    throw new BuildError(`invalid Kustomization '${file}': ${texts}`, { file, field: misspelt[0]?.field });
  }
  return ignoredFields.map((field) => `${unknownFieldText(field)} in '${file}' is ignored`);
}

/** Throws BuildError when nothing was built of a file that has fields which nobody knows: all would be pruned. */
export function assertNotEmptied({ file, ignoredFields }: GeneratedKustomization, count: number): void {
  if (count > 0 || ignoredFields.length === 0) return;
  const texts = ignoredFields.map(unknownFieldText).join('; ');
  throw new BuildError(`'${file}' builds nothing: ${texts}`, { file, field: ignoredFields[0]?.field });
}
