/**
 * The order in which Go's YAML libraries write the keys of a map (go-yaml sorter.go): letters after other characters,
 * runs of digits by their value, so that `a9` comes before `a10`.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  const ac = a.codePointAt(i) ?? 0;
  const bc = b.codePointAt(i) ?? 0;
  const al = isLetter(ac);
  const bl = isLetter(bc);
  if (al && bl) return ac - bc;
  if (al || bl) return bl ? -1 : 1;
  return compareNumbers(a, b, i) || ac - bc;
}

function compareNumbers(a: string, b: string, i: number): number {
  const seed = (a[i] === '0' || b[i] === '0') && afterNonZeroDigit(a, i) ? '1' : '';
  const ad = digitsAt(a, i);
  const bd = digitsAt(b, i);
  const an = BigInt(seed + ad || '0');
  const bn = BigInt(seed + bd || '0');
  if (an !== bn) return an < bn ? -1 : 1;
  return ad.length - bd.length;
}

/** A zero that follows other digits is part of their number, not the start of one. */
function afterNonZeroDigit(text: string, i: number): boolean {
  for (let j = i - 1; j >= 0 && isDigit(text.charCodeAt(j)); j--) {
    if (text[j] !== '0') return true;
  }
  return false;
}

function digitsAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  return text.slice(start, end);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  if (code < 128) return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
  return /^\p{L}$/u.test(String.fromCodePoint(code));
}
