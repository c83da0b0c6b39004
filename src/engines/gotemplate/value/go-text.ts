/**
 * Go's strings are bytes, JavaScript's are UTF-16. A Go string stands here as the text its UTF-8 decodes to; a byte that
 * is not part of valid UTF-8 stands as the lone surrogate U+DC80 to U+DCFF of its value, so that nothing is lost on the
 * way through a template (Python's `surrogateescape`, PEP 383).
 */
const ESCAPE = 0xdc00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const lone = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** The Go string of some bytes. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaped(bytes);
  }
}

/** The bytes of a Go string. Lone surrogates that stand for no byte become U+FFFD, as Go's decoder makes them. */
export function toBytes(text: string): Uint8Array {
  if (!lone.test(text)) return encoder.encode(text);
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (isEscaped(code)) out.push(code - ESCAPE);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

/** Whether the code point stands for a byte that is not UTF-8. */
export function isEscaped(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}

/** The length of a Go string in bytes. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += isEscaped(unit) ? 1 : 3;
  }
  return bytes;
}

/** The runes of a Go string as its `range` gives them: a byte that is not UTF-8 is U+FFFD. */
export function runes(text: string): number[] {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    out.push(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
  }
  return out;
}

/** The number of runes, as utf8.RuneCountInString counts. */
export function runeCount(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++, count++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(index + 1))) index++;
  }
  return count;
}

/** Bytes `start` to `end` of a Go string, as a Go string; a rune that is cut leaves its bytes. */
export function sliceBytes(text: string, start: number, end: number): string {
  if (isAscii(text)) return text.slice(start, end);
  return fromBytes(toBytes(text).subarray(start, end));
}

/** Compares as Go does, byte by byte: below zero, zero or above. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    if (left < 0xd800 || right < 0xd800) return left - right;
    return compareBytes(toBytes(a), toBytes(b));
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function decodeEscaped(bytes: Uint8Array): string {
  let out = '';
  for (let index = 0; index < bytes.length; ) {
    const width = sequenceWidth(bytes, index);
    if (width === 0) {
      out += String.fromCharCode(ESCAPE + (bytes[index] ?? 0));
      index++;
    } else {
      out += strict.decode(bytes.subarray(index, index + width));
      index += width;
    }
  }
  return out;
}

/** The width of the valid sequence at `index`; 0 when there is none (utf8.DecodeRune). */
function sequenceWidth(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  const width = announcedWidth(first);
  if (width <= 1) return width;
  const { low, high } = secondByte(first);
  const second = bytes[index + 1] ?? 0;
  if (index + width > bytes.length || second < low || second > high) return 0;
  for (let at = 2; at < width; at++) if (((bytes[index + at] ?? 0) & 0xc0) !== 0x80) return 0;
  return width;
}

function announcedWidth(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** What may follow: no overlong form, no surrogate, nothing beyond U+10FFFF. */
function secondByte(first: number): { readonly low: number; readonly high: number } {
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return { low, high };
}
