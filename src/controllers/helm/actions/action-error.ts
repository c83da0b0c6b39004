import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';

/** A Helm action that failed. The message is Helm's own, without a prefix of the action. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  /** The release as the action left it; absent when it failed before there was one. */
  readonly record: ReleaseRecord | undefined;
  /** There is no release to act on. */
  readonly notFound: boolean;

  constructor(
    message: string,
    options: {
      readonly record?: ReleaseRecord | undefined;
      readonly cause?: unknown;
      readonly notFound?: boolean;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.record = options.record;
    this.notFound = options.notFound ?? false;
  }
}
