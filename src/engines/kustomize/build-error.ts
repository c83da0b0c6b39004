import { redact } from '../../lib/redact.ts';

/** Where a problem is; every part may be unknown. */
export interface BuildErrorPlace {
  /** Path in the tree, or as the kustomization names it. */
  readonly file?: string | undefined;
  /** Line in the file, from 1. */
  readonly line?: number | undefined;
  /** Path of the field in the kustomization or the object. */
  readonly field?: string | undefined;
  /** Texts of the input that the message repeats and that may hold values of a Secret. */
  readonly quotes?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * A build that is not possible, because of what the files say. The message names file, line and field where known; it
 * holds no credentials of addresses.
 */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly field: string | undefined;
  /** To be masked, as are the messages of the causes, where not everybody who reads the message may read Secrets. */
  readonly quotes: readonly string[];

  constructor(message: string, { file, line, field, quotes = [], cause }: BuildErrorPlace = {}) {
    super(redact(message), cause === undefined ? undefined : { cause });
    this.file = file;
    this.line = line;
    this.field = field;
    this.quotes = quotes;
  }
}

/** A remote file or repository that the build was not given: refused, or not fetched yet. */
export class RemoteMissing extends BuildError {}

/** Whether an error came of a remote that the build was not given. */
export function isRemoteMissing(error: unknown): boolean {
  return error instanceof RemoteMissing || (error instanceof Error && isRemoteMissing(error.cause));
}

/** The same error with words before its message; what it knows of the place stays, see {@link located}. */
export function prefixed(error: unknown, prefix: string, place: BuildErrorPlace = {}): BuildError {
  const message = error instanceof Error ? error.message : String(error);
  return new BuildError(`${prefix}: ${message}`, { ...filled(error, place), cause: error });
}

/** The same error; `place` fills the gaps in what it knows of its place, unless it knows of another file. */
export function located(error: unknown, place: BuildErrorPlace): BuildError {
  if (error instanceof BuildError && error.file !== undefined && error.file !== place.file) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BuildError(message, { ...filled(error, place), cause: error });
}

function filled(error: unknown, place: BuildErrorPlace): BuildErrorPlace {
  const known: BuildErrorPlace = error instanceof BuildError || isPlaced(error) ? error : {};
  const quotes = [...(known.quotes ?? []), ...(place.quotes ?? [])];
  if (known.file !== undefined && known.file !== place.file) return { ...known, quotes };
  return {
    file: place.file,
    line: known.line ?? place.line,
    field: known.field ?? place.field,
    quotes,
  };
}

function isPlaced(error: unknown): error is Error & { readonly file?: string; readonly line?: number } {
  return error instanceof Error && 'line' in error;
}
