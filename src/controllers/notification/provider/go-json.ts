/**
 * JSON as Go's encoding/json writes it: `<`, `>` and `&` are escaped, as are the two line separators of Unicode. Equal
 * bytes matter where they are signed or hashed.
 */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
