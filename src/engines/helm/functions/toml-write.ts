import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { formatFloat } from '../../gotemplate/fmt/float.ts';
import { sortedEntries } from '../../gotemplate/value/entries.ts';
import { kindOf } from '../../gotemplate/value/types.ts';
import { GoInt, GoMap, GoSlice, GoStruct, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { isNil } from './kit.ts';

/** A value as BurntSushi/toml writes it (encode.go). The meter counts. Throws FunctionError for what TOML cannot say. */
export function writeToml(value: Value, meter: Meter): string {
  if (isNil(value)) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
  const writer = new TomlWriter(meter);
  writer.encode([], value);
  return writer.text;
}

class TomlWriter {
  text = '';
  readonly #meter: Meter;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  encode(key: readonly string[], value: Value): void {
    this.#meter.spend(32 * (1 + key.length));
    if (value instanceof GoMap) this.#table(key, value);
    else if (isTableArray(value)) this.#tables(key, value.items);
    else if (key.length === 0) this.text += element(value, this.#meter);
    else this.text += `${indentation(key)}${keyText(key.at(-1) ?? '')} = ${element(value, this.#meter)}\n`;
  }

  #table(key: readonly string[], map: GoMap): void {
    if (key.length === 1) this.#newline();
    if (key.length > 0) this.#header(key, '[', ']');
    this.#entries(key, map);
  }

  #tables(key: readonly string[], items: readonly Value[]): void {
    if (key.length === 0) throw new FunctionError('toml: top-level values must be Go maps or structs');
    for (const item of items) {
      if (!(item instanceof GoMap)) continue;
      this.#newline();
      this.#header(key, '[[', ']]');
      this.#entries(key, item);
    }
  }

  #header(key: readonly string[], open: string, close: string): void {
    this.text += `${indentation(key)}${open}${key.map(keyText).join('.')}${close}`;
    this.#newline();
  }

  #entries(key: readonly string[], map: GoMap): void {
    for (const [name, value] of ordered(map)) this.encode([...key, name], value);
  }

  #newline(): void {
    if (this.text !== '') this.text += '\n';
  }
}

/** What stands on a line of its own before the tables; nil is left out. */
function ordered(map: GoMap): readonly (readonly [string, Value])[] {
  const present = sortedEntries(map).filter(([, value]) => !isNil(value));
  const isTable = (value: Value): boolean => value instanceof GoMap || isTableArray(value);
  return [...present.filter(([, value]) => !isTable(value)), ...present.filter(([, value]) => isTable(value))];
}

/** A list of tables; the check of every element finds nil ones. */
function isTableArray(value: Value): value is GoSlice {
  if (!(value instanceof GoSlice) || value.items.length === 0) return false;
  let areTables = true;
  for (const item of value.items) {
    if (isNil(item)) throw new FunctionError('toml: cannot encode array with nil element');
    if (item instanceof GoSlice) isTableArray(item);
    areTables &&= item instanceof GoMap;
  }
  return areTables;
}

function indentation(key: readonly string[]): string {
  return '  '.repeat(Math.max(0, key.length - 1));
}

function keyText(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name);
}

function element(value: Value, meter: Meter): string {
  meter.spend(typeof value === 'string' ? value.length + 1 : 1);
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
      return String(value);
    case 'number':
      return floatText(value);
    default:
      return elementOfObject(value, meter);
  }
}

function elementOfObject(value: Exclude<Value, boolean | string | number>, meter: Meter): string {
  if (value instanceof GoInt) return value.text === undefined ? String(value.value) : quoted(value.text());
  if (value instanceof GoSlice) {
    isTableArray(value);
    return `[${value.items.map((item) => element(item, meter)).join(', ')}]`;
  }
  if (value instanceof GoMap)
    return `{${ordered(value)
      .map(([name, item]) => `${keyText(name)} = ${element(item, meter)}`)
      .join(', ')}}`;
  if (value instanceof GoStruct && value.marshal !== undefined)
    return value.type === 'time.Time' ? value.marshal() : quoted(value.marshal());
  throw new FunctionError(`unsupported type: ${kindOf(value)}`);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const shown = formatFloat(value, 'g', -1);
  return /[.e]/.test(shown) ? shown : `${shown}.0`;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

function quoted(text: string): string {
  const escaped = text.replace(
    /["\\\u0000-\u001f\u007f]/g,
    (character) => short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
