import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoMap, type MethodSet, type Value } from '../../gotemplate/value/values.ts';
import { writeYaml } from '../functions/yaml.ts';

/** The map at a path of keys; undefined when there is none (Values.Table). */
export function tableAt(values: GoMap, path: string): GoMap | undefined {
  let table: Value = values;
  for (const key of path.split('.')) {
    if (!(table instanceof GoMap)) return undefined;
    table = table.entries.get(key);
  }
  return table instanceof GoMap ? table : undefined;
}

/** The value at a path that is no map; undefined when there is none (Values.PathValue). */
export function valueAt(values: GoMap, path: string): Value {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const table = keys.length === 0 ? values : tableAt(values, keys.join('.'));
  const value = table?.entries.get(last);
  return value instanceof GoMap ? undefined : value;
}

/** Values as templates get them: of type common.Values, with its methods. */
export function asValues(table: GoMap): GoMap {
  return new GoMap(table.entries, 'common.Values', { underlying: 'map[string]interface {}', methods });
}

const methods: MethodSet = new Map([
  ['YAML', (values) => goFunction('() (string, error)', () => `${writeYaml(values)}\n`)],
  [
    'AsMap',
    (values) => goFunction('() map[string]any', () => (values instanceof GoMap ? new GoMap(values.entries) : values)),
  ],
  [
    'Table',
    (values) =>
      goFunction('(string) (common.Values, error)', ([path]) => {
        const found = values instanceof GoMap ? tableAt(values, String(path)) : undefined;
        return asValues(found ?? new GoMap());
      }),
  ],
]);
