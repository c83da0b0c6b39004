import { isRecord } from '../../lib/json.ts';
import { emitYaml } from '../../yaml/emit.ts';
import { jsonValue, nodeOfJson } from '../../yaml/json-value.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { envsubst } from '../envsubst/envsubst.ts';
import { BuildError, prefixed } from './build-error.ts';

type Json = Readonly<Record<string, unknown>>;

/** How variables are substituted after a build. */
export interface SubstituteOptions {
  /** A variable without value or default is an error. */
  readonly strict?: boolean;
  /** Substitute also when there are no variables, for the defaults in expressions. */
  readonly always?: boolean;
}

const optOut = 'kustomize.toolkit.fluxcd.io/substitute';
const variableName = /^[_A-Za-z][_A-Za-z0-9]*$/;

/**
 * Replaces `${var}` in the YAML of one object, which decides the types of scalars anew: `"${n}"` with 5 becomes a number
 * (github.com/fluxcd/pkg kustomize/kustomize_varsub.go). Line breaks in values are lost. Objects with the label or
 * annotation `kustomize.toolkit.fluxcd.io/substitute: disabled` stay as they are. Throws {@link BuildError}.
 */
export function substituteObject(
  object: Json,
  vars: ReadonlyMap<string, string>,
  options: SubstituteOptions = {},
): Json {
  if (isDisabled(object) || (vars.size === 0 && options.always !== true)) return object;
  for (const name of vars.keys()) {
    if (!variableName.test(name)) {
      throw new BuildError(`envsubst error: '${name}' var name is invalid, must match '${variableName.source}'`, {
        field: 'spec.postBuild.substitute',
      });
    }
  }
  let text: string;
  try {
    const strict = options.strict === true;
    text = envsubst(emitYaml(object), (name) => vars.get(name)?.replaceAll('\n', ''), { strict });
  } catch (error) {
    throw prefixed(error, 'envsubst error: variable substitution failed');
  }
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw prefixed(error, 'envsubst error: the object is no YAML any more');
  }
  if (!isRecord(value)) throw new BuildError('envsubst error: the object is no object any more');
  return jsonValue(nodeOfJson(value)) as Json;
}

/** Substitutes in all objects of a build. Throws {@link BuildError} when two get the same id. */
export function substituteObjects(
  objects: readonly Json[],
  vars: ReadonlyMap<string, string>,
  options: SubstituteOptions = {},
): readonly Json[] {
  const result = [...objects];
  const counts = new Map<string, number>();
  const count = (key: string, change: number): number => {
    const now = (counts.get(key) ?? 0) + change;
    counts.set(key, now);
    return now;
  };
  for (const object of objects) count(identity(object), 1);
  objects.forEach((object, i) => {
    const substituted = substituteObject(object, vars, options);
    if (substituted === object) return;
    result[i] = substituted;
    const id = identity(substituted);
    count(identity(object), -1);
    if (count(id, 1) > 1) throw new BuildError(`envsubst error: id ${id} matched ${counts.get(id) ?? 0} resources`);
  });
  return result;
}

function isDisabled(object: Json): boolean {
  const metadata = object['metadata'];
  if (!isRecord(metadata)) return false;
  return [metadata['labels'], metadata['annotations']].some((map) => isRecord(map) && map[optOut] === 'disabled');
}

function identity(object: Json): string {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const namespace = metadata['namespace'] ?? '';
  const place = namespace === 'default' ? '' : String(namespace);
  return `${String(object['apiVersion'])}/${String(object['kind'])}/${place}/${String(metadata['name'])}`;
}
