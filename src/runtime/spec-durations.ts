import { parseDuration } from '../lib/duration.ts';

/**
 * What is wrong with the first of these fields of a spec that holds no usable duration; undefined when all are fine or
 * absent. The CRD's pattern lets durations pass that are longer than Go's longest, about 292 years: nobody can have meant
 * one. (Flux's controllers can read no object of the kind any more then.)
 */
export function invalidDuration(
  spec: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): string | undefined {
  for (const field of fields) {
    const text = spec[field];
    if (typeof text === 'string' && !isDuration(text))
      return `spec.${field}: invalid duration '${text}': it is too long`;
  }
  return undefined;
}

/** Whether the text is a duration that Go can hold. */
export function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}
