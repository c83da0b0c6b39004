import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { raceAbort } from '../../../lib/single-flight.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import { ActionError } from '../actions/action-error.ts';
import type { ReleaseStorage } from '../storage/release-storage.ts';
import type { ActionRun } from './action-run.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { snapshotMetadata } from './event-metadata.ts';
import { latestOf, withRecord } from './history.ts';
import { isMadeFor } from './made-for.ts';
import { messages, withLog } from './messages.ts';
import { beginUninstall } from './perform.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { fullName, type Snapshot, snapshotOf } from './snapshot.ts';
import { releaseKey } from './spec.ts';
import { summarize } from './summary.ts';
import { acquireTarget, TargetError } from './target.ts';
import type { Uninstall } from './uninstalls.ts';

const LOOK_AGAIN_MS = 60 * 60_000;

/**
 * Uninstalls the release that the status knows, and then forgets it: the spec names another one now. Gives how the attempt
 * ends while that is under way; throws a fault that begins anew when it is done.
 */
export async function uninstallFormer(
  object: HelmRelease,
  why: string,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Outcome> {
  const message = `release target configuration changed (${why}): running uninstall for current release`;
  attempt.log.info({}, message);
  if (!(await uninstallRelease(object, attempt, deps))) return { state: 'progressing', requeueAfterMs: LOOK_AGAIN_MS };
  const draft = new ReleaseStatusDraft(attempt);
  draft.history = [];
  draft.clearFailures();
  attempt.record({ storageNamespace: undefined });
  throw new Fault('aborted', 'Progressing', message, { drafted: true, event: false, retryAfterMs: 0 });
}

/**
 * Uninstalls the newest release of the status (internal/reconcile/uninstall.go). True when it is gone, false while its
 * objects are waited for: the object is woken when that is over. Throws a retryable UninstallFailed fault, with everything
 * told in the status.
 */
export async function uninstallRelease(
  object: HelmRelease,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<boolean> {
  const { metadata } = object;
  const under = deps.uninstalls.get(metadata) ?? (await begin(object, attempt, deps));
  if (under === undefined) return true;
  const { current } = under;
  await raceAbort(
    under.action.overOrWaiting(() => deps.wake(metadata)),
    attempt.signal,
  );
  if (under.action.end === undefined) return false;
  deps.uninstalls.end(metadata);
  tellUninstall(under.action, current, object, attempt, deps);
  return true;
}

async function begin(
  object: HelmRelease,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Uninstall | undefined> {
  const draft = new ReleaseStatusDraft(attempt);
  const { fields } = draft;
  const target = await acquireTarget(object, deps.targets, attempt.signal).catch((error: unknown) => {
    if (!(error instanceof TargetError)) throw error;
    const message = `failed to build REST client getter to uninstall release: ${error.message}`;
    throw new Fault('retry', 'UninstallFailed', message, { cause: error, event: false });
  });
  const storage = deps.storages.open(target, fields.storageNamespace ?? object.metadata.namespace);
  const current = latestOf(draft.history) ?? (await strayRelease(object, storage, attempt, deps));
  if (current === undefined) {
    storage[Symbol.dispose]();
    target[Symbol.dispose]();
    return undefined;
  }
  const session = deps.ledger.open(`${object.metadata.namespace}/${object.metadata.name}`, target);
  const run = { target, storage, session, health: () => undefined };
  const action = beginUninstall(object, current, run, deps);
  return deps.uninstalls.keep(object.metadata, {
    action,
    current,
    [Symbol.dispose]() {
      session[Symbol.dispose]();
      storage[Symbol.dispose]();
      target[Symbol.dispose]();
    },
  });
}

/** The release that a killed process has begun for this object, before the status could tell of it. */
async function strayRelease(
  object: HelmRelease,
  storage: ReleaseStorage,
  attempt: AttemptContext,
  { algorithm }: HelmReleaseDeps,
): Promise<Snapshot | undefined> {
  const record = await storage.last(releaseKey(object).name, attempt.signal);
  if (record === undefined || !isMadeFor(record, object)) return undefined;
  const found = snapshotOf(record, { ociDigest: '', action: undefined, algorithm });
  new ReleaseStatusDraft(attempt).history = [found];
  return found;
}

function tellUninstall(
  action: ActionRun,
  before: Snapshot,
  object: HelmRelease,
  attempt: AttemptContext,
  { algorithm }: HelmReleaseDeps,
): void {
  const draft = new ReleaseStatusDraft(attempt);
  for (const record of action.records) draft.history = withRecord(draft.history, record, 'uninstall', algorithm);
  const current = latestOf(draft.history) ?? before;
  const { end } = action;
  const thrown = end !== undefined && 'error' in end ? end.error : undefined;
  const already = alreadyGone(thrown, before, object);
  if (already !== undefined) {
    draft.set('Released', 'False', 'UninstallSucceeded', already);
    summarize(object, attempt, algorithm);
    return;
  }
  const isUnchanged = current.digest === before.digest && before.status !== 'uninstalled';
  const error = thrown ?? (isUnchanged ? new Error(NO_STORAGE_UPDATE) : undefined);
  const metadata = snapshotMetadata(current);
  if (error === undefined) {
    const message = messages.uninstalled(current);
    attempt.record({ inventory: undefined });
    draft.set('Released', 'False', 'UninstallSucceeded', message);
    attempt.event({ reason: 'UninstallSucceeded', message, metadata });
    summarize(object, attempt, algorithm);
    return;
  }
  const message = messages.uninstallFailed(current, errorMessage(error).trim());
  draft.countAny();
  draft.set('Released', 'False', 'UninstallFailed', message);
  attempt.event({ severity: 'error', reason: 'UninstallFailed', message: withLog(message, action.log.text), metadata });
  summarize(object, attempt, algorithm);
  throw new Fault('retry', 'UninstallFailed', message, { cause: error, drafted: true, event: false, backoff: true });
}

const NO_STORAGE_UPDATE = 'uninstall completed with error: release not updated in Helm storage';

/** Somebody else has uninstalled the release: what is told of that; undefined when it is something else. */
function alreadyGone(error: unknown, before: Snapshot, { spec }: HelmRelease): string | undefined {
  if (!(error instanceof ActionError)) return undefined;
  if (error.notFound) return `Release ${fullName(before)} was not found, assuming it is uninstalled`;
  if (spec.uninstall?.keepHistory === true && error.message.includes('is already deleted'))
    return `Release ${fullName(before)} was already uninstalled`;
  return undefined;
}
