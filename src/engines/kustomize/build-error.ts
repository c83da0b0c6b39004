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
  readonly #problems: readonly BuildError[] | undefined;

  constructor(message: string, place: BuildErrorPlace & { readonly problems?: readonly BuildError[] } = {}) {
    const { file, line, field, quotes = [], cause, problems } = place;
    super(redact(message), cause === undefined ? undefined : { cause });
    this.file = file;
    this.line = line;
    this.field = field;
    this.quotes = quotes;
    this.#problems = problems;
  }

  /** All problems, when the error tells of several; else the error itself alone. */
  get problems(): readonly BuildError[] {
    return this.#problems ?? [this];
  }
}

/** How many problems a message tells of in full. */
const maxTold = 20;

/** One error for several problems, which must not be none: its place is that of the first. */
export function combined(errors: readonly BuildError[]): BuildError {
  const problems = [...new Map(errors.flatMap((error) => error.problems).map((one) => [one.message, one])).values()];
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return first;
  const texts = problems.slice(0, maxTold).map(({ message }) => message);
  if (problems.length > maxTold) texts.push(`and ${problems.length - maxTold} more problems`);
  const quotes = problems.flatMap((problem) => problem.quotes);
  const { file, line, field } = first ?? {};
  return new BuildError(texts.join('; '), { file, line, field, quotes, cause: first, problems });
}

/** A remote file or repository that the build was not given: refused, or not fetched yet. */
export class RemoteMissing extends BuildError {}

/** One of the bounds on a build: nothing more is tried, unlike after other problems. */
export class LimitExceeded extends BuildError {}

/** Whether an error came of a bound on the build. */
export function isLimitExceeded(error: unknown): boolean {
  return error instanceof LimitExceeded || (error instanceof Error && isLimitExceeded(error.cause));
}

/** Whether an error came of a remote that the build was not given. */
export function isRemoteMissing(error: unknown): boolean {
  return error instanceof RemoteMissing || (error instanceof Error && isRemoteMissing(error.cause));
}

/** The same error with words before its message; what it knows of the place stays, see {@link located}. */
export function prefixed(error: unknown, prefix: string, place: BuildErrorPlace = {}): BuildError {
  return eachProblem(error, (problem) => {
    const message = problem instanceof Error ? problem.message : String(problem);
    return new BuildError(`${prefix}: ${message}`, { ...filled(problem, place), cause: problem });
  });
}

/** The same error; `place` fills the gaps in what it knows of its place, unless it knows of another file. */
export function located(error: unknown, place: BuildErrorPlace): BuildError {
  return eachProblem(error, (problem) => {
    if (problem instanceof BuildError && problem.file !== undefined && problem.file !== place.file) return problem;
    const message = problem instanceof Error ? problem.message : String(problem);
    return new BuildError(message, { ...filled(problem, place), cause: problem });
  });
}

/** The same error, with the place in its message as far as it is known and not told yet. */
export function told(error: BuildError): BuildError {
  return eachProblem(error, (problem) => {
    if (!(problem instanceof BuildError)) return error;
    const { message, file, line, field } = problem;
    const parts = [
      file === undefined || message.includes(file) ? '' : `file '${file}'`,
      line === undefined || message.includes(`line ${line}`) ? '' : `line ${line}`,
      field === undefined || message.includes(field) ? '' : `field '${field}'`,
    ].filter((part) => part !== '');
    if (parts.length === 0) return problem;
    const { quotes, cause } = problem;
    return new BuildError(`${message} (${parts.join(', ')})`, { file, line, field, quotes, cause });
  });
}

/** One error for each problem that an error tells of, told together again. */
function eachProblem(error: unknown, change: (problem: unknown) => BuildError): BuildError {
  if (!(error instanceof BuildError) || error.problems.length === 1) return change(error);
  return combined(error.problems.map(change));
}

function filled(error: unknown, place: BuildErrorPlace): BuildErrorPlace {
  const known: BuildErrorPlace = error instanceof BuildError || isPlaced(error) ? error : {};
  const quotes = [...(known.quotes ?? []), ...(place.quotes ?? [])];
  if (known.file !== undefined && known.file !== place.file) {
    return { file: known.file, line: known.line, field: known.field, quotes };
  }
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
