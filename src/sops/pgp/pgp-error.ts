/** A key or message that is malformed, unsupported or not for the keys at hand. The message never holds secrets. */
export class PgpError extends Error {
  override readonly name = 'PgpError';
}
