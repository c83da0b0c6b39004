import type { Entry } from '../../../apply/inventory.ts';
import type { ObjectStatus } from '../../../apply/kstatus-fields.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import type { StatusWaiter } from '../../../apply/waiter.ts';
import type { Owner } from '../../../crds/meta/names.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { Client } from '../../../kube/client.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ReleaseStorage } from '../storage/release-storage.ts';
import type { ActionLog } from './action-log.ts';

/** What every action needs: the cluster, the storage, and who wants to know. */
export interface ActionContext {
  /** The cluster that the release is in, as the account that it is applied with. */
  readonly client: Client;
  readonly storage: ReleaseStorage;
  /** As Helm knows it. */
  readonly release: { readonly name: string; readonly namespace: string };
  /** The HelmRelease. */
  readonly owner: Owner;
  /** Ends the action where it stands; what was stored last stays, and tells the next one where that was. */
  readonly signal: AbortSignal;
  /** Ends waiting for objects, which the release fails of. */
  readonly waitSignal?: AbortSignal;
  readonly clock: Clock;
  readonly waiter: StatusWaiter;
  /** How objects are judged that the user has said something about; kstatus when undefined. */
  readonly health?: (object: KubeObject) => ObjectStatus | undefined;
  /** What is known of the release's objects: those that are as they shall be are not asked for. */
  readonly session?: LedgerSession;
  readonly log: ActionLog;
  /** Told of every record that was stored, in order. */
  observe(record: ReleaseRecord): void;
  /** Told of all objects of the release before the first of them is written. */
  beforeObjects?(entries: readonly Entry[]): Promise<void> | void;
  /** Holds stretches in which the cluster is waited for and nothing is done. */
  waiting?<T>(wait: Promise<T>): Promise<T>;
}

/** How long and for what an action waits. */
export interface WaitOptions {
  /** For every single wait of the action. */
  readonly timeoutMs: number;
  /** `hookOnly` waits for hooks and for nothing else. */
  readonly strategy: 'watcher' | 'legacy' | 'hookOnly';
  /** Jobs have to be completed, not only to have begun. */
  readonly forJobs: boolean;
}

/** Helm's choice between the apply methods; `auto` stays with that of the last release. */
export type ServerSideApplyMode = 'auto' | 'enabled' | 'disabled';
