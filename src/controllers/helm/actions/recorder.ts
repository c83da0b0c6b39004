import type { HookRecord, ReleaseRecord, ReleaseStatus } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { ActionContext } from './context.ts';

/** A release that an action works on: its record, as it is and as it is stored. */
export class Recorder {
  readonly #context: ActionContext;
  #record: ReleaseRecord;

  constructor(record: ReleaseRecord, context: ActionContext) {
    this.#record = record;
    this.#context = context;
  }

  get record(): ReleaseRecord {
    return this.#record;
  }

  /** The time, as records have it. */
  now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }

  /** Changes the record, and stores nothing. */
  set(info: Partial<ReleaseRecord['info']>): void {
    this.#record = { ...this.#record, info: { ...this.#record.info, ...info } };
  }

  /** The same, of one hook (by its place). */
  setHook(index: number, change: Partial<HookRecord>): void {
    const hooks = this.#record.hooks.map((hook, at) => (at === index ? { ...hook, ...change } : hook));
    this.#record = { ...this.#record, hooks };
  }

  /** Stores a new revision. Throws StorageError. */
  async create(labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const { storage, signal, observe } = this.#context;
    await storage.create(this.#record, signal, labels);
    observe(this.#record);
  }

  /** Stores the record anew. Throws StorageError. */
  async update(): Promise<void> {
    const { storage, signal, observe } = this.#context;
    await storage.update(this.#record, signal);
    observe(this.#record);
  }

  /** The same where a failure must not hide something more important (pkg/action/action.go, recordRelease). */
  async tryUpdate(): Promise<void> {
    try {
      await this.update();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const { name, version } = this.#record;
      this.#context.log.add('warning: failed to update release', {
        name,
        revision: version,
        error: errorMessage(error),
      });
    }
  }

  /** Marks the release as failed, and stores that. */
  async fail(description: string): Promise<void> {
    this.set({ status: 'failed', description });
    await this.tryUpdate();
  }
}

/** A stored release with another status. */
export function withStatus(record: ReleaseRecord, status: ReleaseStatus): ReleaseRecord {
  return { ...record, info: { ...record.info, status } };
}

/** Helm acts on nothing while another action runs (pkg/release/common/status.go, IsPending). */
export function isPending(status: ReleaseStatus): boolean {
  return status === 'pending-install' || status === 'pending-upgrade' || status === 'pending-rollback';
}
