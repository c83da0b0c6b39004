import { isRecord, jsonEqual } from '../../../lib/json.ts';
import { type Schema, type SchemaDocument, SchemaError } from './schema-document.ts';
import { type Fault, quoted, shown, shownNumber } from './schema-fault.ts';
import { formatFault } from './schema-format.ts';

type Fields = Readonly<Record<string, unknown>>;

const MAX_STEPS = 5_000_000;
const MAX_DEPTH = 500;

/** A value at its place, and which of its members no schema has looked at. */
interface Subject {
  readonly value: unknown;
  readonly path: readonly string[];
  readonly seen: Set<string>;
  readonly depth: number;
}

/** One run of a schema over data. Throws SchemaError for a schema that does not end. */
export class Validation {
  readonly #document: SchemaDocument;
  #steps = 0;

  constructor(document: SchemaDocument) {
    this.#document = document;
  }

  /** What is wrong with the data; undefined for nothing. */
  validate(value: unknown): Fault | undefined {
    return this.#check(this.#document.root, { value, path: [], seen: new Set(), depth: 0 });
  }

  #check(schema: Schema, at: Subject): Fault | undefined {
    if (++this.#steps > MAX_STEPS) throw new SchemaError(`the schema takes more than ${MAX_STEPS} steps`);
    if (at.depth > MAX_DEPTH) throw new SchemaError(`the schema is nested more than ${MAX_DEPTH} deep`);
    if (typeof schema === 'boolean') return schema ? undefined : fault(at, 'false schema');
    const first = typeFault(schema, at) ?? this.#formatFault(schema, at);
    if (first !== undefined) return first;
    const { draft } = this.#document;
    const faults: Fault[] = [];
    if (typeof schema['$ref'] === 'string') {
      const broken = this.#reference(schema['$ref'], at);
      if (draft < 2019) return broken;
      add(faults, broken);
    }
    if (isRecord(at.value)) this.#object(schema, at.value, at, faults);
    else if (Array.isArray(at.value)) this.#array(schema, at.value, at, faults);
    else if (typeof at.value === 'string') this.#text(schema, at.value, at, faults);
    else if (typeof at.value === 'number') numberFaults(schema, at.value, at, faults, draft);
    for (const key of ['$dynamicRef', '$recursiveRef'])
      if (draft >= 2019 && typeof schema[key] === 'string') add(faults, this.#reference(schema[key], at));
    this.#conditions(schema, at, faults);
    if (draft >= 2019) this.#unevaluated(schema, at, faults);
    return faults.length > 1 ? { path: at.path, message: undefined, causes: faults } : faults[0];
  }

  /** Another schema for the same value; what it has looked at counts only when the value fits. */
  #self(schema: unknown, at: Subject): Fault | undefined {
    const inner = { ...at, seen: new Set<string>(), depth: at.depth + 1 };
    const found = this.#check(asSchema(schema), inner);
    if (found === undefined) for (const key of inner.seen) at.seen.add(key);
    return found;
  }

  #member(schema: unknown, value: unknown, key: string, at: Subject): Fault | undefined {
    return this.#check(asSchema(schema), { value, path: [...at.path, key], seen: new Set(), depth: at.depth + 1 });
  }

  #reference(name: string, at: Subject): Fault | undefined {
    const found = this.#self(this.#document.resolve(name), at);
    if (found === undefined) return undefined;
    return { path: at.path, message: undefined, causes: isGroup(found) ? found.causes : [found] };
  }

  #formatFault(schema: Fields, at: Subject): Fault | undefined {
    const { format } = schema;
    if (this.#document.draft >= 2019 || typeof format !== 'string' || typeof at.value !== 'string') return undefined;
    const reason = formatFault(format, at.value);
    return reason === undefined ? undefined : fault(at, `${shown(at.value)} is not valid ${format}: ${reason}`);
  }

  #object(schema: Fields, value: Fields, at: Subject, faults: Fault[]): void {
    const names = Object.keys(value).sort();
    bounds(schema, ['minProperties', 'maxProperties'], names.length, at, faults);
    const missing = missingOf(schema['required'], value);
    if (missing.length > 0)
      faults.push(fault(at, `missing propert${missing.length === 1 ? 'y' : 'ies'} ${missing.map(quoted).join(', ')}`));
    this.#dependencies(schema['dependencies'], value, at, faults);
    this.#properties(schema, value, at, faults);
    if (this.#document.draft === 4) return;
    if (schema['propertyNames'] !== undefined)
      for (const name of names) {
        const found = this.#check(asSchema(schema['propertyNames']), {
          ...at,
          value: name,
          path: [],
          seen: new Set(),
          depth: at.depth + 1,
        });
        const causes = found !== undefined && isGroup(found) ? found.causes : found;
        if (causes !== undefined)
          faults.push({ path: [], message: `invalid propertyName ${quoted(name)}`, causes: [causes].flat() });
      }
    if (this.#document.draft < 2019) return;
    this.#dependencies(schema['dependentSchemas'], value, at, faults);
    this.#dependencies(schema['dependentRequired'], value, at, faults);
  }

  #properties(schema: Fields, value: Fields, at: Subject, faults: Fault[]): void {
    const properties = fieldsOf(schema['properties']);
    const patterns = Object.entries(fieldsOf(schema['patternProperties']));
    const additional = schema['additionalProperties'];
    const unwanted: string[] = [];
    for (const [name, item] of Object.entries(value)) {
      const schemas = [
        ...(Object.hasOwn(properties, name) ? [properties[name]] : []),
        ...patterns.filter(([pattern]) => this.#document.matches(pattern, name)).map(([, inner]) => inner),
      ];
      if (schemas.length === 0 && additional === false) unwanted.push(name);
      else if (schemas.length === 0 && additional !== undefined) schemas.push(additional);
      for (const inner of schemas) add(faults, this.#member(inner, item, name, at));
      if (schemas.length > 0) at.seen.add(name);
    }
    if (unwanted.length > 0)
      faults.push(fault(at, `additional properties ${unwanted.map(quoted).join(', ')} not allowed`));
  }

  /** What must be there, or must fit, when something else is there. */
  #dependencies(given: unknown, value: Fields, at: Subject, faults: Fault[]): void {
    for (const [name, needed] of Object.entries(fieldsOf(given))) {
      if (!Object.hasOwn(value, name)) continue;
      if (!Array.isArray(needed)) {
        add(faults, this.#self(needed, at));
        continue;
      }
      const missing = missingOf(needed, value);
      if (missing.length > 0)
        faults.push(fault(at, `properties ${missing.map(quoted).join(', ')} required, if ${quoted(name)} exists`));
    }
  }

  #array(schema: Fields, value: readonly unknown[], at: Subject, faults: Fault[]): void {
    bounds(schema, ['minItems', 'maxItems'], value.length, at, faults);
    if (schema['uniqueItems'] === true) {
      const twins = duplicates(value);
      if (twins !== undefined) faults.push(fault(at, `items at ${twins[0]} and ${twins[1]} are equal`));
    }
    const isNew = this.#document.draft >= 2020;
    const items = schema['items'];
    const listed = isNew ? listOf(schema['prefixItems']) : listOf(items);
    const rest = isNew ? items : Array.isArray(items) ? schema['additionalItems'] : items;
    const isClosed = !isNew && Array.isArray(items) && rest === false;
    for (const [index, item] of value.entries()) {
      const inner = index < listed.length ? listed[index] : isClosed ? undefined : rest;
      if (inner === undefined) continue;
      // Helm's validator counts the items after the listed ones from 0.
      const shownIndex = index < listed.length ? index : index - listed.length;
      add(faults, this.#member(inner, item, String(shownIndex), at));
      at.seen.add(String(index));
    }
    if (isClosed && value.length > listed.length)
      faults.push(fault(at, `last ${value.length - listed.length} additionalItem(s) not allowed`));
    if (schema['contains'] !== undefined) this.#contains(schema, value, at, faults);
  }

  #contains(schema: Fields, value: readonly unknown[], at: Subject, faults: Fault[]): void {
    const checked = value.map((item, index) => this.#member(schema['contains'], item, String(index), at));
    const matched = checked.flatMap((found, index) => (found === undefined ? [index] : []));
    if (this.#document.draft >= 2020) for (const index of matched) at.seen.add(String(index));
    const causes = checked.filter((found) => found !== undefined);
    const { minContains: min, maxContains: max } = schema;
    const said = `but matched ${matched.length} items at ${matched.join(' ')}`;
    if (typeof min === 'number' && matched.length < min) {
      const why = matched.length === 0 ? 'but none matched' : said;
      faults.push({ ...fault(at, `min ${min} items required to match contains schema, ${why}`), causes });
    } else if (typeof min !== 'number' && matched.length === 0)
      faults.push({ ...fault(at, 'no items match contains schema'), causes });
    if (typeof max === 'number' && matched.length > max)
      faults.push(fault(at, `max ${max} items required to match contains schema, ${said}`));
  }

  #text(schema: Fields, value: string, at: Subject, faults: Fault[]): void {
    bounds(schema, ['minLength', 'maxLength'], [...value].length, at, faults);
    const { pattern } = schema;
    if (typeof pattern === 'string' && !this.#document.matches(pattern, value))
      faults.push(fault(at, `${quoted(value)} does not match pattern ${quoted(pattern)}`));
  }

  #conditions(schema: Fields, at: Subject, faults: Fault[]): void {
    if (schema['not'] !== undefined && this.#self(schema['not'], at) === undefined)
      faults.push(fault(at, "'not' failed"));
    const all = listOf(schema['allOf']).flatMap((inner) => this.#self(inner, at) ?? []);
    if (all.length > 0) faults.push({ ...fault(at, "'allOf' failed"), causes: all });
    if (schema['anyOf'] !== undefined) {
      const any = listOf(schema['anyOf']).map((inner) => this.#self(inner, at));
      if (any.every((found) => found !== undefined)) faults.push({ ...fault(at, "'anyOf' failed"), causes: any });
    }
    if (schema['oneOf'] !== undefined) this.#oneOf(listOf(schema['oneOf']), at, faults);
    if (schema['if'] === undefined || this.#document.draft < 7) return;
    const branch = this.#self(schema['if'], at) === undefined ? schema['then'] : schema['else'];
    if (branch !== undefined) add(faults, this.#self(branch, at));
  }

  #oneOf(schemas: readonly unknown[], at: Subject, faults: Fault[]): void {
    const found = schemas.map((inner) => this.#self(inner, at));
    const matched = found.flatMap((one, index) => (one === undefined ? [index] : []));
    if (matched.length > 1) faults.push(fault(at, `'oneOf' failed, subschemas ${matched[0]}, ${matched[1]} matched`));
    if (matched.length === 0)
      faults.push({ ...fault(at, "'oneOf' failed, none matched"), causes: found.filter((one) => one !== undefined) });
  }

  #unevaluated(schema: Fields, at: Subject, faults: Fault[]): void {
    const inner = Array.isArray(at.value) ? schema['unevaluatedItems'] : schema['unevaluatedProperties'];
    if (inner === undefined || typeof at.value !== 'object' || at.value === null) return;
    for (const [key, item] of Object.entries(at.value)) {
      if (at.seen.has(key)) continue;
      add(faults, this.#member(inner, item, key, at));
      at.seen.add(key);
    }
  }
}

function fault({ path }: Subject, message: string): Fault {
  return { path, message, causes: [] };
}

/** Several violations at one place; a reference has a place, too, but stays one. */
function isGroup({ message, causes }: Fault): boolean {
  return message === undefined && causes.length > 1;
}

function add(faults: Fault[], found: Fault | undefined): void {
  if (found === undefined) return;
  if (isGroup(found)) faults.push(...found.causes);
  else faults.push(found);
}

function typeFault(schema: Fields, at: Subject): Fault | undefined {
  const { value } = at;
  const { type, enum: listed } = schema;
  const wanted = type === undefined ? [] : [type].flat().map(String);
  const got = typeOf(value);
  const fits = wanted.includes(got) || (wanted.includes('integer') && Number.isInteger(value));
  if (wanted.length > 0 && !fits)
    return fault(at, `got ${got}, want ${typeOrder.filter((one) => wanted.includes(one)).join(' or ')}`);
  if (schema['const'] !== undefined && !jsonEqual(value, schema['const']))
    return fault(at, isPrimitive(schema['const']) ? `value must be ${shown(schema['const'])}` : "'const' failed");
  if (!Array.isArray(listed) || listed.some((one) => jsonEqual(value, one))) return undefined;
  if (!listed.every(isPrimitive)) return fault(at, "'enum' failed");
  return fault(at, `value must be ${listed.length === 1 ? '' : 'one of '}${listed.map(shown).join(', ')}`);
}

const typeOrder = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function bounds(
  schema: Fields,
  [low, high]: readonly [string, string],
  got: number,
  at: Subject,
  faults: Fault[],
): void {
  const [min, max] = [schema[low], schema[high]];
  if (typeof min === 'number' && got < min)
    faults.push(fault(at, `${low}: got ${shownCount(got)}, want ${shownCount(min)}`));
  if (typeof max === 'number' && got > max)
    faults.push(fault(at, `${high}: got ${shownCount(got)}, want ${shownCount(max)}`));
}

function shownCount(count: number): string {
  return count.toLocaleString('en-US');
}

function numberFaults(schema: Fields, value: number, at: Subject, faults: Fault[], draft: number): void {
  const compare = (keyword: string, limit: unknown, isBroken: (limit: number) => boolean): void => {
    if (typeof limit === 'number' && isBroken(limit))
      faults.push(fault(at, `${keyword}: got ${shownNumber(value)}, want ${shownNumber(limit)}`));
  };
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const [openBelow, openAbove] = draft === 4 ? [exclusiveMinimum === true, exclusiveMaximum === true] : [false, false];
  if (!openBelow) compare('minimum', minimum, (limit) => value < limit);
  if (!openAbove) compare('maximum', maximum, (limit) => value > limit);
  compare('exclusiveMinimum', openBelow ? minimum : exclusiveMinimum, (limit) => value <= limit);
  compare('exclusiveMaximum', openAbove ? maximum : exclusiveMaximum, (limit) => value >= limit);
  compare('multipleOf', schema['multipleOf'], (limit) => !isMultiple(value, limit));
}

/** As decimals, so that 0.3 is a multiple of 0.1. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * 1e-14;
}

function missingOf(needed: unknown, value: Fields): readonly string[] {
  return listOf(needed)
    .map(String)
    .filter((name) => !Object.hasOwn(value, name));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function asSchema(value: unknown): Schema {
  if (typeof value === 'boolean' || isRecord(value)) return value;
  throw new SchemaError(`invalid schema: got ${typeOf(value)}, want boolean or object`);
}

/** The first two items that are equal. */
function duplicates(items: readonly unknown[]): readonly [number, number] | undefined {
  const first = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    const before = first.get(key);
    if (before !== undefined) return [before, index];
    first.set(key, index);
  }
  return undefined;
}

/** Equal values have equal keys, whatever the order of their members. */
function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)) : inner,
  );
}
