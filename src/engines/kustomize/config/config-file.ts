import { parseYaml } from '../../../yaml/parse.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { decodeStruct, type StructType } from '../kustomization/decode.ts';
import { type FieldSpecArgs, fieldSpecType } from '../kustomization/types.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import {
  makeConfig,
  type NameReference,
  nameReference,
  specLists,
  type TransformerConfig,
} from './transformer-config.ts';

const specs = { list: { struct: fieldSpecType } } as const;
const references = {
  list: { struct: { group: 'string', version: 'string', kind: 'string', fieldSpecs: specs } },
} as const;

/** Reads a file of the field `configurations`. Throws {@link BuildError} on fields that are not known. */
export function readConfigFile(text: string, file: string, version: 'v5.8.1' | 'v5.8.2'): TransformerConfig {
  const type: StructType = {
    ...Object.fromEntries(specLists.filter((name) => isKnown(name, version)).map((name) => [name, specs])),
    nameReference: references,
  };
  try {
    const value = parseYaml(text, { file, strict: true });
    const decoded = decodeStruct(value, type, { strict: true, coerce: true, file }, `configuration '${file}'`);
    const lists = Object.entries(decoded).map(([name, list]) => [
      name,
      name === 'nameReference' ? (list as ReferenceArgs[]).map(toReference) : toFieldSpecs(list as FieldSpecArgs[]),
    ]);
    return makeConfig(Object.fromEntries(lists) as Partial<TransformerConfig>);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw prefixed(error, `configuration '${file}'`, { file });
  }
}

/** Labels of volume claims got a list of their own in 5.8.2. */
function isKnown(name: string, version: 'v5.8.1' | 'v5.8.2'): boolean {
  return version === 'v5.8.2' || name !== 'volumeClaimTemplateLabels';
}

interface ReferenceArgs extends FieldSpecArgs {
  readonly fieldSpecs?: readonly FieldSpecArgs[] | undefined;
}

function toReference({ group = '', version = '', kind = '', fieldSpecs }: ReferenceArgs): NameReference {
  return nameReference({ group, version, kind }, toFieldSpecs(fieldSpecs));
}

/** Field specs as a file has them; nothing is an empty list. */
export function toFieldSpecs(args: readonly FieldSpecArgs[] | undefined): readonly FieldSpec[] {
  return (args ?? []).map(({ path = '', group = '', version = '', kind = '', create = false }) =>
    fieldSpec(path, { group, version, kind, create }),
  );
}
