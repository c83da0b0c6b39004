import { byteLength, fromBytes, sliceBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import type { Meter } from '../../gotemplate/value/values.ts';

const SPACE = 0x20;

/** Breaks a line at spaces so that no line has more than `width` bytes; long words only where asked (goutils.WrapCustom). */
export function wrap(text: string, width: number, by: string, breakWords: boolean, meter: Meter): string {
  const separator = by === '' ? '\n' : by;
  const bytes = toBytes(text);
  const limit = Math.max(1, width);
  const parts: string[] = [];
  let at = 0;
  const take = (end: number, next: number): void => {
    meter.spend(1 + separator.length);
    parts.push(fromBytes(bytes.subarray(at, end)));
    at = next;
  };
  while (bytes.length - at > limit) {
    if (bytes[at] === SPACE) {
      at++;
      continue;
    }
    const space = bytes.lastIndexOf(SPACE, at + limit);
    if (space >= at) take(space, space + 1);
    else if (breakWords) take(at + limit, at + limit);
    else {
      const next = bytes.indexOf(SPACE, at + limit);
      if (next < 0) break;
      take(next, next + 1);
    }
  }
  return [...parts, fromBytes(bytes.subarray(at))].join(separator);
}

/** Shortens to `width` bytes with an ellipsis, from `offset` on (goutils.AbbreviateFull). */
export function abbreviate(text: string, offset: number, width: number): string {
  const length = byteLength(text);
  if (text === '' || width < 4) return '';
  if (length <= width) return text;
  let start = Math.min(offset, length);
  if (length - start < width - 3) start = length - (width - 3);
  if (start <= 4) return `${sliceBytes(text, 0, width - 3)}...`;
  if (width < 7) return '';
  if (start + width - 3 < length) return `...${abbreviate(sliceBytes(text, start, length), 0, width - 3)}`;
  return `...${sliceBytes(text, length - (width - 3), length)}`;
}
