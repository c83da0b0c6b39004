/** A strategic merge that is not possible. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}
