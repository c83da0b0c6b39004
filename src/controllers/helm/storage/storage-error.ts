/** What the storage of releases could not do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** `missing`: no such release; `exists`: a release of that revision; `corrupt`: it cannot be read; `refused`: the API server's answer. */
  readonly code: 'missing' | 'exists' | 'corrupt' | 'refused';

  constructor(code: StorageError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
