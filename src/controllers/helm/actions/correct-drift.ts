import { textFor } from '../../../apply/apply-error.ts';
import { type Change, change } from '../../../apply/change-set.ts';
import { subjectOf } from '../../../apply/object-ref.ts';
import { compareRefs } from '../../../apply/sort.ts';
import { HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import { ApiError } from '../../../kube/errors.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { ActionContext } from './context.ts';
import type { DriftDiff } from './detect-drift.ts';
import { requestMs } from './write-object.ts';

/** What was corrected, and what could not be. */
export interface Correction {
  readonly changes: readonly Change[];
  readonly errors: readonly string[];
}

/**
 * Corrects what differs: first what is not there, then the rest, each as far as it goes (helm-controller
 * internal/action/diff.go, ApplyDiff). Throws the reason of the context's signal.
 */
export async function correctDrift(context: ActionContext, diffs: readonly DriftDiff[]): Promise<Correction> {
  const sorted = diffs.toSorted((a, b) => compareRefs(a.item.ref, b.item.ref));
  const changes: Change[] = [];
  const errors: string[] = [];
  for (const type of ['create', 'update'] as const) {
    for (const diff of sorted.filter((one) => one.type === type)) {
      context.signal.throwIfAborted();
      try {
        changes.push(await correct(diff, context));
      } catch (error) {
        context.signal.throwIfAborted();
        const what = type === 'create' ? 'creation' : 'patch';
        errors.push(`${subjectOf(diff.item.ref)} ${what} failure: ${messageOf(diff, error)}`);
      }
    }
  }
  return { changes, errors };
}

async function correct({ type: how, item, patch, digest }: DriftDiff, context: ActionContext): Promise<Change> {
  const { client, session, signal } = context;
  const { object, type, key, ref } = item;
  const call = { signal: withDeadline(signal, requestMs), fieldManager: HELM_FIELD_MANAGER };
  const live =
    how === 'create'
      ? await client.create(type, object, call)
      : await client.patch(type, key, { type: 'json', body: patch }, call);
  session?.record(type, live, digest, true);
  return change(ref, how === 'create' ? 'created' : 'configured', live);
}

/** Of Secrets only the reason, which quotes no values (maskSensitiveErrData). */
function messageOf({ item, type }: DriftDiff, error: unknown): string {
  const text = textFor(item.object, error);
  if (type !== 'update' || item.ref.kind !== 'Secret' || !(error instanceof ApiError && error.isInvalid)) return text;
  return text.slice(text.lastIndexOf(':') + 1).trim();
}
