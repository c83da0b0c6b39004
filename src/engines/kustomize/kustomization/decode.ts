import { isRawJson, isRecord } from '../../../lib/json.ts';
import { formatFloat32 } from '../../../yaml/go-number.ts';
import { BuildError } from '../build-error.ts';
import { nearestName } from './nearest.ts';

/** What a field holds. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'int'
  | 'any'
  | { readonly map: 'string' }
  | { readonly list: FieldType }
  | { readonly struct: StructType };

/** The fields of an object, by name. */
export type StructType = Readonly<Record<string, FieldType>>;

/** The TypeScript type of a {@link FieldType}; fields that are absent or null are undefined. */
export type Decoded<T> = T extends 'string'
  ? string
  : T extends 'bool'
    ? boolean
    : T extends 'int'
      ? number
      : T extends 'any'
        ? unknown
        : T extends { readonly map: 'string' }
          ? Readonly<Record<string, string>>
          : T extends { readonly list: infer E }
            ? readonly Decoded<E>[]
            : T extends { readonly struct: infer S }
              ? DecodedStruct<S>
              : never;

/** The TypeScript type of a {@link StructType}. */
export type DecodedStruct<S> = { readonly [K in keyof S]?: Decoded<S[K]> | undefined };

/** A field that nobody knows. */
export interface UnknownField {
  /** Its path. */
  readonly field: string;
  /** The known name that is spelled much like it. */
  readonly meant: string | undefined;
}

/** How strictly fields are read. */
export interface DecodeMode {
  /** Fields that are not known are errors; otherwise they are ignored. */
  readonly strict: boolean;
  /** Numbers and booleans become texts where texts are wanted, as sigs.k8s.io/yaml does it for known types. */
  readonly coerce: boolean;
  /** Gets the fields that are ignored. */
  readonly ignored?: UnknownField[];
  /** The file, for errors. */
  readonly file?: string | undefined;
}

/**
 * Reads a JSON value as a struct, as encoding/json does it: names match in any case, null is nothing. All problems are
 * told together. Throws {@link BuildError} that names file and fields.
 */
export function decodeStruct<S extends StructType>(
  value: unknown,
  type: S,
  mode: DecodeMode,
  what: string,
): DecodedStruct<S> {
  const decoder = new Decoder(mode);
  const result = value === null || value === undefined ? {} : decoder.struct(value, type, '');
  const [first] = decoder.problems;
  if (first !== undefined) {
    const message = decoder.problems.map(({ text }) => text).join('; ');
    throw new BuildError(`${what}: ${message}`, { file: mode.file, field: first.field });
  }
  return result as DecodedStruct<S>;
}

class Decoder {
  readonly problems: { readonly field: string; readonly text: string }[] = [];
  private readonly mode: DecodeMode;

  constructor(mode: DecodeMode) {
    this.mode = mode;
  }

  struct(value: unknown, type: StructType, path: string): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    if (!isRecord(value)) {
      this.wrong(path, 'an object', value);
      return result;
    }
    for (const key of Object.keys(value).sort()) {
      const name = Object.hasOwn(type, key) ? key : sameInAnyCase(type, key);
      const field = name === undefined ? undefined : type[name];
      const place = path === '' ? key : `${path}.${key}`;
      if (name === undefined || field === undefined) {
        const unknown = { field: place, meant: nearestName(key, Object.keys(type)) };
        if (this.mode.strict) this.problems.push({ field: place, text: unknownFieldText(unknown) });
        else this.mode.ignored?.push(unknown);
        continue;
      }
      const decoded = this.field(value[key], field, place);
      if (decoded !== undefined) result[name] = decoded;
    }
    return result;
  }

  private field(value: unknown, type: FieldType, path: string): unknown {
    if (value === null || value === undefined) return undefined;
    if (type === 'any') return value;
    if (typeof type === 'object') return this.collection(value, type, path);
    if (type === 'string') return this.text(value, path);
    const fits = type === 'bool' ? typeof value === 'boolean' : Number.isSafeInteger(value) || isRawJson(value);
    if (fits) return isRawJson(value) ? Number(value.rawJSON) : value;
    return this.wrong(path, type === 'bool' ? 'true or false' : 'an integer', value);
  }

  private collection(value: unknown, type: Exclude<FieldType, string>, path: string): unknown {
    if ('struct' in type) return this.struct(value, type.struct, path);
    if ('list' in type) {
      if (!Array.isArray(value)) return this.wrong(path, 'a list', value);
      return value.map((item, i) => this.field(item, type.list, `${path}[${i}]`) ?? zeroOf(type.list));
    }
    if (!isRecord(value)) return this.wrong(path, 'a map', value);
    const map: Record<string, string> = {};
    for (const [key, member] of Object.entries(value)) {
      const text = member === null ? '' : this.text(member, `${path}.${key}`);
      Object.defineProperty(map, key, { value: text ?? '', enumerable: true, writable: true, configurable: true });
    }
    return map;
  }

  private text(value: unknown, path: string): string | undefined {
    if (typeof value === 'string') return value;
    if (this.mode.coerce) {
      if (typeof value === 'boolean') return String(value);
      if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatFloat32(value);
      if (isRawJson(value)) return value.rawJSON;
    }
    this.wrong(path, 'a string', value);
    return undefined;
  }

  private wrong(field: string, wanted: string, value: unknown): undefined {
    const place = field === '' ? '' : `field "${field}": `;
    this.problems.push({ field, text: `${place}expected ${wanted}, got ${describe(value)}` });
    return undefined;
  }
}

/** What is said of a field that nobody knows. */
export function unknownFieldText({ field, meant }: UnknownField): string {
  return `unknown field "${field}"${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
}

function sameInAnyCase(type: StructType, key: string): string | undefined {
  const lower = key.toLowerCase();
  return Object.keys(type).find((name) => name.toLowerCase() === lower);
}

/** What an item that is null stands for: the zero value of its type. */
function zeroOf(type: FieldType): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'int') return 0;
  return type === 'any' ? null : {};
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'an object';
  return `${typeof value} ${JSON.stringify(value)}`;
}
