import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { errorMessage } from '../lib/errors.ts';
import { isRecord } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import type { ChangeSet } from './change-set.ts';
import { refOf, subjectOf } from './object-ref.ts';

/** What was being done when an apply failed. */
export type ApplyStep = 'dry-run' | 'cleanup' | 'delete' | 'apply' | 'wait';

/** An apply that did not get through. The message is upstream's (fluxcd/pkg ssa), without values of Secrets. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
  readonly step: ApplyStep;
  /** What had been done before. */
  readonly changes: ChangeSet;

  constructor(
    message: string,
    options: { readonly step: ApplyStep; readonly cause?: unknown; readonly changes?: ChangeSet },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.step = options.step;
    this.changes = options.changes ?? { entries: [] };
  }
}

/** The failure of one object's dry run (fluxcd/pkg ssa/errors/errors.go, DryRunErr). */
export function dryRunError(object: KubeObject, error: unknown): ApplyError {
  const subject = subjectOf(refOf(object));
  const text = textFor(object, error);
  const fail = (message: string): ApplyError => new ApplyError(message, { step: 'dry-run', ...causeOf(object, error) });
  if (!(error instanceof ApiError)) return fail(`${subject} dry-run failed: ${text}`);
  if (error.isNotFound) {
    return fail(
      object.metadata.namespace ? `${subject} not found: ${text}` : `${subject} namespace not specified: ${text}`,
    );
  }
  const reason = error.isFieldManagerConflict ? 'FieldManagerConflict' : error.reason;
  return fail(`${subject} dry-run failed${reason === '' ? '' : ` (${reason})`}: ${text}`);
}

/** The failure of any other step; `what` completes the sentence: `apply failed`. */
export function stepError(step: ApplyStep, object: KubeObject, what: string, error: unknown): ApplyError {
  const message = `${subjectOf(refOf(object))} ${what}: ${textFor(object, error)}`;
  return new ApplyError(message, { step, ...causeOf(object, error) });
}

/** The log writes causes too. What the API server says of a Secret may quote it, and goes no further than here. */
function causeOf({ kind }: KubeObject, error: unknown): { readonly cause?: unknown } {
  return kind === 'Secret' ? {} : { cause: error };
}

/** Below this length a secret value is masked only where it stands in quotes: it would blank out half of the text. */
const shortestMasked = 4;

/** The error's text; of a Secret, without its values, which the API server may quote. */
export function textFor(object: KubeObject, error: unknown): string {
  const text = errorMessage(error);
  if (object.kind !== 'Secret') return text;
  const values = secretValues(object);
  const long = values.filter((value) => value.length >= shortestMasked);
  const short = values.filter((value) => value.length < shortestMasked);
  let out = redact(text, long);
  for (const value of short) out = out.replaceAll(JSON.stringify(value), '"*****"');
  return out;
}

function secretValues(secret: KubeObject): readonly string[] {
  const values = new Set<string>();
  for (const field of ['data', 'stringData']) collectText(secret[field], values);
  for (const value of [...values]) values.add(Buffer.from(value, 'base64').toString('utf8'));
  values.delete('');
  return [...values];
}

/** All texts of a value, at any depth: what is refused need not have the right type. */
function collectText(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'number' || typeof value === 'bigint') into.add(String(value));
  else if (Array.isArray(value)) for (const item of value) collectText(item, into);
  else if (isRecord(value)) for (const item of Object.values(value)) collectText(item, into);
}
