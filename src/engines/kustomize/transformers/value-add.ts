import { assertKind, setScalar } from '../../../yaml/fields.ts';
import { scalarNode, TAG } from '../../../yaml/node.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { BuildError } from '../build-error.ts';
import { fieldSpec } from '../config/field-spec.ts';
import { type DecodedStruct, decodeStruct, type StructType } from '../kustomization/decode.ts';
import { selectorType } from '../kustomization/types.ts';
import { lookup } from '../paths/lookup.ts';
import { splitPath } from '../paths/split.ts';
import { eachResource } from '../resource/each.ts';
import type { Resource } from '../resource/resource.ts';
import { selectResources } from '../resource/select.ts';
import { walkField } from './field-walk.ts';
import { scalarSetter } from './setters.ts';
import type { PluginContext, Transformer } from './transformer.ts';

const targets = {
  list: { struct: { selector: { struct: selectorType }, fieldPath: 'string', filePathPosition: 'int' } },
} as const;

/** The fields of a ValueAddTransformer. */
export const valueAddType = { value: 'string', targets, targetFilePath: 'string' } as const satisfies StructType;

type Args = DecodedStruct<typeof valueAddType>;

/** Writes one value into fields, or into one part of the file paths in them (ValueAddTransformer). */
export function valueAddTransformer(args: Args, context: PluginContext): Transformer {
  const value = (args.value ?? '').trim() || context.loader.name;
  const all = [...(args.targets ?? []), ...fromFile(args.targetFilePath ?? '', context)];
  if (all.length === 0) throw new BuildError('must specify at least one target');
  for (const { fieldPath = '', filePathPosition = 0 } of all) {
    if (fieldPath === '') throw new BuildError('fieldPath cannot be empty');
    if (filePathPosition < 0)
      throw new BuildError(`value of FilePathPosition (${filePathPosition}) cannot be negative`);
  }
  return {
    transform: (map) => {
      for (const { selector, fieldPath = '', filePathPosition = 0 } of all) {
        const resources = selector === undefined ? map.resources : selectResources(map.resources, selector);
        eachResource(resources, (resource) => addValue(resource, value, fieldPath, filePathPosition));
      }
    },
  };
}

function fromFile(path: string, { loader }: PluginContext): NonNullable<Args['targets']> {
  if (path === '') return [];
  const file = loader.pathOf(path);
  const value = parseYaml(loader.text(path), { file });
  return decodeStruct(value, { targets }, { strict: false, coerce: true, file }, path).targets ?? [];
}

function addValue(resource: Resource, value: string, fieldPath: string, position: number): void {
  if (fieldPath === 'metadata/namespace') {
    if (!resource.id().clusterScoped) {
      const spec = fieldSpec(fieldPath, { create: true });
      walkField(resource.node, spec, { set: scalarSetter(value, TAG.str), createKind: 'scalar' });
    }
    return;
  }
  const node = lookup(resource.node, splitPath(fieldPath, '/'), 'scalar');
  if (node === undefined) return;
  assertKind(node, 'scalar');
  setScalar(node, scalarNode(position > 0 ? insertPart(node.value, position - 1, value) : value));
}

/** Puts a part into a path; behind the last one when there are fewer (kyaml filesys.InsertPathPart). */
export function insertPart(path: string, position: number, part: string): string {
  if (position < 0) return path;
  const absolute = path.startsWith('/');
  const parts = path.split('/').filter((name) => name !== '' && name !== '.');
  parts.splice(Math.min(position, parts.length), 0, part);
  return `${absolute ? '/' : ''}${parts.join('/')}`;
}
