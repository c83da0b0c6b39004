/** A template that cannot be substituted: bad syntax, or a variable without a value in strict mode. */
export class EnvsubstError extends Error {
  override readonly name = 'EnvsubstError';
}
