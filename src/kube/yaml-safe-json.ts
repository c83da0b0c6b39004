/**
 * What JSON may hold unescaped in a string but YAML may not (control characters) or reads as something else (line
 * breaks, a byte order mark). Characters beyond the basic plane are fine in both.
 */
const yamlUnsafe = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * JSON that a YAML 1.1 parser reads as the same value. Server-side apply takes its body as YAML only
 * (k8s.io/apiserver pkg/endpoints/handlers, applyPatcher): there U+2028 in a quoted string would become a space, and
 * a DEL would be refused.
 */
export function yamlSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(yamlUnsafe, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
