/**
 * The values of a template. JavaScript's own types stand for the commonest of Go's: string, bool and float64 (number),
 * which is what a values file gives. Everything else has a class that carries its Go type.
 */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | number
  | GoInt
  | GoComplex
  | GoBytes
  | GoSlice
  | GoMap
  | GoStruct
  | GoFunction;

// undefined is reflect's invalid Value ("no value"); null is an interface that holds nothing. Printed alike, told apart
// in the errors of arguments.

/** Methods that a template may call, by name. */
export type MethodSet = ReadonlyMap<string, (receiver: Value) => GoFunction>;

export type IntKind =
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uintptr';

/** A named integer type. */
export interface NamedInt {
  readonly type: string;
  readonly methods?: MethodSet;
  readonly text?: () => string;
}

/** An integer of any of Go's types, named ones included (`time.Duration` of kind int64). */
export class GoInt {
  readonly kind: IntKind;
  readonly value: bigint;
  readonly type: string;
  readonly methods?: MethodSet;
  /** What `String()` gives, where there is one: fmt prints that. */
  readonly text?: () => string;

  constructor(kind: IntKind, value: bigint, named?: NamedInt) {
    this.kind = kind;
    this.value = value;
    this.type = named?.type ?? kind;
    if (named?.methods !== undefined) this.methods = named.methods;
    if (named?.text !== undefined) this.text = named.text;
  }
}

const small = Array.from({ length: 1024 }, (_, index) => new GoInt('int', BigInt(index)));

/** A Go `int`. */
export function int(value: number | bigint): GoInt {
  const number = Number(value);
  return small[number] ?? new GoInt('int', BigInt(value));
}

/** A Go `int64`. */
export function int64(value: number | bigint): GoInt {
  return new GoInt('int64', BigInt.asIntN(64, BigInt(value)));
}

/** A Go `complex128`. */
export class GoComplex {
  readonly re: number;
  readonly im: number;

  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

/** A `[]byte`. */
export class GoBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A slice or array. */
export class GoSlice {
  readonly items: Value[];
  readonly type: string;
  /** A nil slice is empty, and `null` in JSON and YAML. */
  readonly isNil: boolean;
  readonly methods?: MethodSet;

  constructor(items: Value[], type = '[]interface {}', isNil = false, methods?: MethodSet) {
    this.items = items;
    this.type = type;
    this.isNil = isNil;
    if (methods !== undefined) this.methods = methods;
  }
}

/** A slice that was never made. */
export function nilSlice(type?: string): GoSlice {
  return new GoSlice([], type, true);
}

/** A map with string keys: no other kind of key can come into being in a template. */
export class GoMap {
  readonly entries: Map<string, Value>;
  readonly type: string;
  /** The unnamed type behind a named one, for example of `common.Values`. */
  readonly underlying: string;
  readonly methods?: MethodSet;

  constructor(
    entries: Map<string, Value> = new Map(),
    type = 'map[string]interface {}',
    named?: { readonly underlying: string; readonly methods?: MethodSet },
  ) {
    this.entries = entries;
    this.type = type;
    this.underlying = named?.underlying ?? type;
    if (named?.methods !== undefined) this.methods = named.methods;
  }
}

/** What a struct can do beside holding fields. */
export interface StructBehaviour {
  readonly methods?: MethodSet;
  readonly text?: () => string;
  readonly marshal?: () => string;
}

/** A struct, or a pointer to one (`*chart.Metadata`). */
export class GoStruct {
  /** With the star of a pointer. */
  readonly type: string;
  /** In declared order: as they print. */
  readonly fields: ReadonlyMap<string, Value>;
  readonly methods?: MethodSet;
  /** What `String()` or `Error()` gives, where there is one: fmt prints that. */
  readonly text?: () => string;
  /** What `MarshalText()` gives, where there is one: encoders write that. */
  readonly marshal?: () => string;

  constructor(type: string, fields: ReadonlyMap<string, Value>, more: StructBehaviour = {}) {
    this.type = type;
    this.fields = fields;
    if (more.methods !== undefined) this.methods = more.methods;
    if (more.text !== undefined) this.text = more.text;
    if (more.marshal !== undefined) this.marshal = more.marshal;
  }
}

/** What counts work against the limits of an execution. */
export interface Meter {
  /** Counts characters, elements or comparisons, before they are made where that can be told. Throws when there are too many. */
  spend(units: number): void;
}

/** For work outside of an execution, on values that are known to be small. */
export const unmetered: Meter = { spend: () => undefined };

/** What a function may ask of the execution that calls it. */
export interface Runtime extends Meter {
  /** Executes a template of the set and gives its output. */
  execute(name: string, dot: Value): string;
  /** Executes a text as a template that sees those of the set. */
  executeText(text: string, dot: Value): string;
  /** What the embedding program gave along, for functions of its own. */
  readonly host: unknown;
}

/** Calls a function with arguments that are checked already. */
export type Invoke = (args: readonly Value[], runtime: Runtime) => Value;

/** A function of Go: its signature decides which arguments a template may give it. */
export class GoFunction {
  /** As reflect prints it: `func(string, ...interface {}) string`. */
  readonly type: string;
  readonly params: readonly ParamType[];
  /** The last parameter takes any number of arguments. */
  readonly variadic: boolean;
  readonly invoke: Invoke;

  constructor(type: string, signature: Signature, invoke: Invoke) {
    this.type = type;
    this.params = signature.params;
    this.variadic = signature.variadic;
    this.invoke = invoke;
  }
}

export interface Signature {
  readonly params: readonly ParamType[];
  readonly variadic: boolean;
}

/** What a parameter takes. */
export interface ParamType {
  /** As reflect prints it; of a variadic one, its element. */
  readonly name: string;
  /** Which literal of a template may stand for it. */
  readonly literal: 'bool' | 'string' | 'integer' | 'unsigned' | 'float' | 'complex' | 'any' | 'none';
  /** The integer type that a literal becomes. */
  readonly intKind?: IntKind;
  /** Whether nil can be given. */
  readonly nilable: boolean;
  /** reflect.Value: the function sees what is given as it is. */
  readonly reflected: boolean;
  readonly accepts: (value: Value) => boolean;
  /** What stands for nil. */
  readonly zero: () => Value;
}
