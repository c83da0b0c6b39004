import { GitError } from './errors.ts';

/** A little-endian base-128 number of a delta's head, and where it ends. */
function readSize(delta: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < delta.length && scale <= 2 ** 42; at++) {
    const byte = delta[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      return { value, next: at + 1 };
    }
    scale *= 128;
  }
  throw corrupt('its sizes are cut short');
}

/** The size of what a delta makes, in bytes, from its head: known before anything is computed. */
export function deltaResultSize(delta: Uint8Array): number {
  return readSize(delta, readSize(delta, 0).next).value;
}

/**
 * What the delta makes of its base (gitformat-pack, "Deltified representation"). The result has exactly the size that
 * the delta announces; the caller has bounded that size. Anything else is `CorruptData`.
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Buffer {
  const baseSize = readSize(delta, 0);
  const resultSize = readSize(delta, baseSize.next);
  if (baseSize.value !== base.length) {
    throw corrupt(`its base has ${base.length} bytes, expected ${baseSize.value}`);
  }
  const result = Buffer.allocUnsafe(resultSize.value);
  let filled = 0;
  let at = resultSize.next;
  while (at < delta.length) {
    const command = delta[at++] ?? 0;
    if (command === 0) {
      throw corrupt('it has a reserved instruction');
    }
    let source = delta;
    let offset = at;
    let size = command;
    if (command < 0x80) {
      at += size;
    } else {
      ({ offset, size, next: at } = readCopy(delta, at, command));
      source = base;
    }
    if (offset + size > source.length || filled + size > result.length) {
      throw corrupt('an instruction reaches outside');
    }
    result.set(source.subarray(offset, offset + size), filled);
    filled += size;
  }
  if (filled !== result.length) {
    throw corrupt(`it makes ${filled} bytes, expected ${result.length}`);
  }
  return result;
}

/** A copy instruction: the command's bits say which bytes of offset (4) and size (3) follow. */
function readCopy(delta: Uint8Array, start: number, command: number): { offset: number; size: number; next: number } {
  let next = start;
  let offset = 0;
  let size = 0;
  for (let bit = 0; bit < 4; bit++) {
    if ((command & (1 << bit)) !== 0) {
      offset += (delta[next++] ?? 0) * 2 ** (8 * bit);
    }
  }
  for (let bit = 0; bit < 3; bit++) {
    if ((command & (0x10 << bit)) !== 0) {
      size |= (delta[next++] ?? 0) << (8 * bit);
    }
  }
  if (next > delta.length) {
    throw corrupt('it is cut short');
  }
  return { offset, size: size === 0 ? 0x10000 : size, next };
}

function corrupt(why: string): GitError {
  return new GitError('CorruptData', `invalid delta: ${why}`);
}
