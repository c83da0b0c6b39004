import { type NotificationEvent, revisionOf } from '../event.ts';
import { nameAndDescription } from './format.ts';
import { NotifyError } from './notifier.ts';

/** What an event says of a commit. */
export interface CommitStatus {
  /** The commit's name, 40 hex digits. */
  readonly commit: string;
  readonly state: string;
  /** The reason in words. */
  readonly description: string;
}

/** The words of a service for what became of a commit. */
export interface StateNames {
  readonly info: string;
  readonly error: string;
  /** Of an event of progress; without it, such events set no status. */
  readonly progressing?: string;
  /** What to say of an event that has no state. */
  readonly otherwise: string;
}

/** The status that an event sets; undefined when it sets none. Throws NotifyError when it cannot be told. */
export function commitStatusOf(event: NotificationEvent, names: StateNames): CommitStatus | undefined {
  const isProgress = event.reason === 'Progressing';
  if (isProgress && names.progressing === undefined) return undefined;
  const revision = revisionOf(event);
  if (revision === undefined) throw new NotifyError('missing revision metadata', { permanent: true });
  const commit = commitOf(revision);
  const { description } = nameAndDescription(event);
  return { commit, state: (isProgress ? names.progressing : undefined) ?? stateOf(event, names), description };
}

function stateOf({ severity }: NotificationEvent, { info, error, otherwise }: StateNames): string {
  if (severity === 'info') return info;
  if (severity === 'error') return error;
  throw new NotifyError(otherwise, { permanent: true });
}

/**
 * The commit of a revision: `main@sha1:<hex>`, `sha1:<hex>`, the older `main/<hex>`, or the digits alone
 * (fluxcd/pkg git/utils.go, ExtractHashFromRevision). The digits become part of paths, so they must be digits.
 */
export function commitOf(revision: string): string {
  const commit = revision.slice(Math.max(revision.lastIndexOf(':'), revision.lastIndexOf('/')) + 1);
  if (/^[0-9a-f]{40}$/i.test(commit)) return commit;
  throw new NotifyError(`failed to extract commit hash from '${revision}' revision`, { permanent: true });
}

/** A status that a service knows already. */
export interface KnownStatus {
  readonly context: unknown;
  readonly state: unknown;
  readonly description: unknown;
}

/** Whether the latest status of this context says the same. `known` has the latest first. */
export function isSaid(known: readonly KnownStatus[], context: string, { state, description }: CommitStatus): boolean {
  const latest = known.find(
    (status) => status.context === context && isText(status.state) && isText(status.description),
  );
  return latest !== undefined && latest.state === state && latest.description === description;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
