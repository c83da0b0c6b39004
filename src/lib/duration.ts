/** Nanoseconds per unit, as Go's `time.ParseDuration` knows them. */
const unitNanos: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, micro sign
  ['μs', 1_000n], // U+03BC, Greek letter mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const maxNanos = 2n ** 63n - 1n;
const nanosPerMs = 1_000_000n;

/**
 * The milliseconds (possibly a fraction) of a Go duration such as `1h30m`, `1.5s` or `750ms`.
 * Throws RangeError, with Go's wording, on anything `time.ParseDuration` (Go 1.26) refuses.
 */
export function parseDuration(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw invalid(text);
  let total = 0n;
  for (let at = 0; at < body.length; ) {
    const part = /(\d*)(?:\.(\d*))?([^\d.]*)/y;
    part.lastIndex = at;
    const [whole = '', integer = '', fraction = '', unit = ''] = part.exec(body) ?? [];
    if (integer === '' && fraction === '') throw invalid(text);
    if (unit === '') throw new RangeError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const nanos = unitNanos.get(unit);
    if (nanos === undefined) {
      throw new RangeError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    // More than 18 digits of a fraction are below a nanosecond of every unit.
    const digits = fraction.slice(0, 18);
    total += BigInt(integer || 0) * nanos + (BigInt(digits || 0) * nanos) / 10n ** BigInt(digits.length);
    if (total > maxNanos) throw invalid(text);
    at += whole.length;
  }
  return sign * (Number(total / nanosPerMs) + Number(total % nanosPerMs) / 1e6);
}

/** Go's `Duration.String()` of a number of milliseconds: `1m0s`, `1h0m0s`, `750ms`, `1.5s`, `0s`. */
export function formatDuration(ms: number): string {
  const whole = Math.trunc(ms);
  let nanos = BigInt(whole) * nanosPerMs + BigInt(Math.round((ms - whole) * 1e6));
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  if (nanos < 0n) nanos = -nanos;
  if (nanos < 1_000n) return `${sign}${nanos}ns`;
  if (nanos < 1_000_000n) return `${sign}${decimal(nanos, 3)}µs`;
  if (nanos < 1_000_000_000n) return `${sign}${decimal(nanos, 6)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${decimal(nanos % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value` shifted right by `places` decimal places, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const text = value.toString().padStart(places + 1, '0');
  const fraction = text.slice(-places).replace(/0+$/, '');
  return fraction === '' ? text.slice(0, -places) : `${text.slice(0, -places)}.${fraction}`;
}

function invalid(text: string): RangeError {
  return new RangeError(`time: invalid duration ${JSON.stringify(text)}`);
}
