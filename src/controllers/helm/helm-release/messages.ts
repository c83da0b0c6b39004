import { chartAt, fullName, type Snapshot } from './snapshot.ts';

/** The words that conditions and events have for what Helm did (internal/reconcile, fmt… of each action). */
export const messages = {
  released: (action: 'install' | 'upgrade', at: Snapshot) =>
    `Helm ${action} succeeded for release ${fullName(at)} with chart ${chartAt(at)}`,
  releaseFailed: (action: 'install' | 'upgrade', release: string, chart: string, reason: string) =>
    `Helm ${action} failed for release ${release} with chart ${chart}: ${reason}`,
  testPending: (at: Snapshot) => `Helm release ${fullName(at)} with chart ${chartAt(at)} is awaiting tests`,
  tested: (at: Snapshot, hooks: string) =>
    `Helm test succeeded for release ${fullName(at)} with chart ${chartAt(at)}: ${hooks}`,
  testFailed: (at: Snapshot, reason: string) =>
    `Helm test failed for release ${fullName(at)} with chart ${chartAt(at)}: ${reason}`,
  rolledBack: (to: Snapshot) => `Helm rollback to previous release ${fullName(to)} with chart ${chartAt(to)} succeeded`,
  rollbackFailed: (to: Snapshot, reason: string) =>
    `Helm rollback to previous release ${fullName(to)} with chart ${chartAt(to)} failed: ${reason}`,
  removed: (at: Snapshot) =>
    `Helm uninstall remediation for release ${fullName(at)} with chart ${chartAt(at)} succeeded`,
  removalFailed: (at: Snapshot, reason: string) =>
    `Helm uninstall remediation for release ${fullName(at)} with chart ${chartAt(at)} failed: ${reason}`,
  uninstalled: (at: Snapshot) => `Helm uninstall succeeded for release ${fullName(at)} with chart ${chartAt(at)}`,
  uninstallFailed: (at: Snapshot, reason: string) =>
    `Helm uninstall failed for release ${fullName(at)} with chart ${chartAt(at)}: ${reason}`,
  unlocked: (at: Snapshot, was: string) =>
    `Unlocked Helm release ${fullName(at)} with chart ${chartAt(at)} in ${was} state`,
  unlockFailed: (at: Snapshot, was: string, reason: string) =>
    `Unlock of Helm release ${fullName(at)} with chart ${chartAt(at)} in ${was} state failed: ${reason}`,
} as const;

/** A message with the last lines of what Helm had to say below it (eventMessageWithLog). */
export function withLog(message: string, log: string): string {
  return log === '' ? message : `${message}\n\nLast Helm logs:\n\n${log}`;
}
