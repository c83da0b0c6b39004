/** Changes of case, character by character as Go's unicode package has them: none becomes two. */

const single = (mapped: string, character: string): string => ([...mapped].length === 1 ? mapped : character);

/** strings.ToUpper. */
export function toUpper(text: string): string {
  return mapCharacters(text, upperOf);
}

/** strings.ToLower. */
export function toLower(text: string): string {
  return mapCharacters(text, lowerOf);
}

/** unicode.ToUpper of one character. */
export function upperOf(character: string): string {
  return single(character.toUpperCase(), character);
}

/** unicode.ToLower of one character. */
export function lowerOf(character: string): string {
  return single(character.toLowerCase(), character);
}

/** unicode.IsSpace. */
export function isSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return /^[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(character);
}

/** unicode.IsUpper. */
export function isUpper(character: string): boolean {
  return /^\p{Lu}$/u.test(character);
}

/** unicode.IsLower. */
export function isLower(character: string): boolean {
  return /^\p{Ll}$/u.test(character);
}

/** strings.Title: every letter after what is no letter, digit, underscore or mark in upper case. */
export function toTitle(text: string): string {
  let isStart = true;
  return mapCharacters(text, (character) => {
    const mapped = isStart ? upperOf(character) : character;
    isStart = isSeparator(character);
    return mapped;
  });
}

function isSeparator(character: string): boolean {
  if ((character.codePointAt(0) ?? 0) < 0x80) return !/^[0-9A-Za-z_]$/.test(character);
  return !/^[\p{L}\p{Nd}]$/u.test(character) && isSpace(character);
}

/** goutils.Uncapitalize: the first letter of every word in lower case. */
export function uncapitalize(text: string): string {
  let isStart = true;
  return mapCharacters(text, (character) => {
    if (isSpace(character)) {
      isStart = true;
      return character;
    }
    const mapped = isStart ? lowerOf(character) : character;
    isStart = false;
    return mapped;
  });
}

/** goutils.SwapCase. */
export function swapCase(text: string): string {
  return mapCharacters(text, (character) => {
    if (isUpper(character) || /^\p{Lt}$/u.test(character)) return lowerOf(character);
    return isLower(character) ? upperOf(character) : character;
  });
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let out = '';
  for (const character of text) out += map(character);
  return out;
}
