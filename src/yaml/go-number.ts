/** strconv.FormatFloat(x, 'g', -1, 64): the shortest digits, with an exponent below 1e-4 and from 1e6 on. */
export function formatFloat(x: number): string {
  if (Number.isNaN(x)) return '.nan';
  if (!Number.isFinite(x)) return x > 0 ? '.inf' : '-.inf';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = Math.abs(x).toExponential().split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '');
  const sign = x < 0 ? '-' : '';
  if (exponent < -4 || exponent >= 6) return sign + scientific(mantissa, exponent);
  return sign + positional(digits, exponent);
}

function scientific(mantissa: string, exponent: number): string {
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0');
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** How Go's YAML v2 writes a JSON number: as an integer while 64 bits hold it, else as {@link formatFloat} does. */
export function formatNumber(x: number): string {
  if (Number.isInteger(x) && x < 2 ** 64 && x >= -(2 ** 63)) return String(x === 0 ? 0 : x);
  return formatFloat(x);
}

/** With 32 bits of precision: how sigs.k8s.io/yaml makes texts of floats that are keys, or stand where text is wanted. */
export function formatFloat32(value: number): string {
  const near = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(near.toPrecision(digits));
    if (Math.fround(short) === near) return formatFloat(short);
  }
  return formatFloat(near);
}
