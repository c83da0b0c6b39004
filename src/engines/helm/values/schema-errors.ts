import type { ErrorObject } from 'ajv';
import { isRecord } from '../../../lib/json.ts';

/** Violations of a schema in the words of Helm's validator, a line each (santhosh-tekuri/jsonschema, kind). */
export function explain(errors: readonly ErrorObject[]): string {
  const merged = mergeByPlace(errors);
  return merged.map(({ path, message }) => `- at '${path}': ${message}\n`).join('');
}

interface Line {
  readonly path: string;
  readonly message: string;
}

/** What misses or has too many properties is told once for each place. */
function mergeByPlace(errors: readonly ErrorObject[]): readonly Line[] {
  const lines: Line[] = [];
  const done = new Set<string>();
  for (const error of errors) {
    const { keyword, instancePath: path } = error;
    const key = `${keyword} ${path}`;
    if (keyword === 'if' || done.has(key)) continue;
    if (keyword === 'required' || keyword === 'additionalProperties') {
      done.add(key);
      const alike = errors.filter((other) => other.keyword === keyword && other.instancePath === path);
      lines.push({ path, message: propertiesMessage(keyword, alike) });
    } else lines.push({ path, message: messageOf(error) });
  }
  return lines;
}

function propertiesMessage(keyword: 'required' | 'additionalProperties', errors: readonly ErrorObject[]): string {
  const names = errors.map(({ params }) => `'${String(params['missingProperty'] ?? params['additionalProperty'])}'`);
  if (keyword === 'additionalProperties') return `additional properties ${names.join(', ')} not allowed`;
  return names.length === 1 ? `missing property ${names[0]}` : `missing properties ${names.join(', ')}`;
}

function messageOf({ keyword, params, data, message = '', schema }: ErrorObject): string {
  switch (keyword) {
    case 'type':
      return `got ${typeOf(data)}, want ${[params['type']].flat().join(' or ')}`;
    case 'enum':
      return `value must be one of ${[schema].flat().map(shown).join(', ')}`;
    case 'const':
      return `value must be ${shown(params['allowedValue'])}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${keyword}: got ${String(data)}, want ${String(params['limit'])}`;
    case 'minLength':
    case 'maxLength':
      return `${keyword}: got ${[...String(data)].length}, want ${String(params['limit'])}`;
    case 'minItems':
    case 'maxItems':
      return `${keyword}: got ${Array.isArray(data) ? data.length : 0}, want ${String(params['limit'])}`;
    case 'pattern':
      return `${shown(data)} does not match pattern ${shown(params['pattern'])}`;
    case 'format':
      return `${shown(data)} is not valid ${String(params['format'])}`;
    case 'not':
      return "'not' failed";
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return `'${keyword}' failed${keyword === 'oneOf' ? ', none matched' : ''}`;
    default:
      return message;
  }
}

function typeOf(data: unknown): string {
  if (data === null) return 'null';
  if (Array.isArray(data)) return 'array';
  if (isRecord(data)) return 'object';
  return typeof data;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
