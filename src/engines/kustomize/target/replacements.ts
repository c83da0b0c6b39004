import { parseYaml } from '../../../yaml/parse.ts';
import { BuildError } from '../build-error.ts';
import { decodeStruct } from '../kustomization/decode.ts';
import { type Replacement, type ReplacementField, replacementType } from '../kustomization/types.ts';
import { collect } from '../problems.ts';
import type { Loader } from './loader.ts';

/** The replacements of a kustomization, those in files included. Throws {@link BuildError}. */
export function loadReplacements(fields: readonly ReplacementField[], loader: Loader): Replacement[] {
  return collect(fields, (field) => {
    const { path = '', ...replacement } = field;
    if (path === '') return [replacement];
    if (field.source !== undefined || (field.targets ?? []).length > 0) {
      throw new BuildError(`cannot specify both path and inline replacement: ${path}`, { field: 'replacements.path' });
    }
    return readReplacements(loader.text(path), loader.pathOf(path));
  }).flat();
}

function readReplacements(text: string, file: string): Replacement[] {
  const value = parseYaml(text, { file });
  const mode = { strict: false, coerce: true, file };
  if (Array.isArray(value)) return value.map((item) => decodeStruct(item, replacementType, mode, file));
  if (typeof value === 'object' && value !== null) return [decodeStruct(value, replacementType, mode, file)];
  throw new BuildError(`unsupported replacement type encountered within replacement path: ${file}`, { file });
}
