/** A violation of a schema, with those that led to it (santhosh-tekuri/jsonschema, ValidationError). */
export interface Fault {
  /** Keys down to the value. */
  readonly path: readonly string[];
  /** Undefined for several violations at one place, and for a reference: these are not told themselves. */
  readonly message: string | undefined;
  readonly causes: readonly Fault[];
}

/** Violations in the words and the form of Helm's validator, a line each. */
export function explain(fault: Fault): string {
  return lines(fault, 0).join('\n');
}

function lines({ path, message, causes }: Fault, depth: number): readonly string[] {
  const inner = (at: number): readonly string[] => causes.flatMap((cause) => lines(cause, at));
  if (message === undefined && (depth === 0 || causes.length === 1)) return inner(depth);
  const place = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const line = `${'  '.repeat(depth)}- at ${quoted(place)}: ${message ?? 'validation failed'}`;
  return [line, ...inner(depth + 1)];
}

/** A text between single quotes, escaped as Go escapes. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}

/** A value of a schema as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  return value === null ? '<nil>' : String(value);
}

const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number as golang.org/x/text prints it in English: thousands apart, powers of ten from a million. */
export function shownNumber(value: number): string {
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value === 0 || (exponent >= -4 && exponent < 6))
    return value.toLocaleString('en-US', { maximumFractionDigits: 20 });
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}×10${exponent < 0 ? '⁻' : ''}${[...digits].map((digit) => raised[Number(digit)]).join('')}`;
}
