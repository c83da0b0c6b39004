import { createHash } from 'node:crypto';
import type { Client } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isRecord, jsonEqual } from '../lib/json.ts';
import { FatalError } from './controller.ts';
import type { Logger } from './logging.ts';
import type { RuntimeMetrics } from './metrics.ts';

export const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** `coordination.k8s.io/v1` LeaseSpec. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly name: string;
  readonly namespace: string;
  /** Unique per process. */
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly releaseOnCancel: boolean;
  readonly log: Logger;
  readonly metrics?: Pick<RuntimeMetrics, 'leaderElection'>;
  readonly clock?: Clock;
}

/**
 * The name of a controller's lease: `<controller>-leader-election`, and for a shard with part of a hash of its
 * selector (fluxcd/pkg runtime/leaderelection, GenerateID), so that each shard has a leader of its own.
 */
export function leaseName(controllerName: string, watchLabelSelector: string): string {
  const base = `${controllerName}-leader-election`;
  if (watchLabelSelector === '') return base;
  return `${base}-${createHash('sha256').update(watchLabelSelector).digest('hex').slice(0, 8)}`;
}

/** What a candidate may do about a lease it sees. `observedAt`: when it first saw the lease as it is. */
export function decideLease(
  spec: LeaseSpec,
  identity: string,
  observedAt: number,
  now: number,
): 'renew' | 'take' | 'wait' {
  if (spec.holderIdentity === identity) return 'renew';
  if (spec.holderIdentity === undefined || spec.holderIdentity === '') return 'take';
  return observedAt + (spec.leaseDurationSeconds ?? 0) * 1000 > now ? 'wait' : 'take';
}

/**
 * Leader election as client-go does it (tools/leaderelection): whose name is in the Lease leads, and renews it; who
 * sees it unchanged for longer than its duration takes it. Only the own clock is compared with itself.
 */
export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  #lease: KubeObject | undefined;
  #observedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    options.metrics?.leaderElection(options.name, false);
  }

  /** Resolves to true when this process leads, to false when `signal` was aborted before. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { log, metrics, name, namespace, retryPeriodMs } = this.#options;
    log.info({ lease: `${namespace}/${name}` }, 'Attempting to acquire leader lease...');
    while (!signal.aborted) {
      if ((await this.#try(signal)) === 'held') {
        log.info({ lease: `${namespace}/${name}` }, 'Successfully acquired lease');
        metrics?.leaderElection(name, true);
        return true;
      }
      // Candidates do not come all at the same moment (client-go JitterFactor).
      await this.#pause(retryPeriodMs * (1 + 1.2 * Math.random()), signal);
    }
    return false;
  }

  /**
   * Renews the lease until `signal` is aborted. Throws {@link FatalError} when another process has it, or when it
   * could not be renewed within the deadline: then this process must end at once.
   */
  async hold(signal: AbortSignal): Promise<void> {
    const { renewDeadlineMs, retryPeriodMs, metrics, name } = this.#options;
    let renewedAt = this.#clock.now();
    while (!signal.aborted) {
      await this.#pause(retryPeriodMs, signal);
      if (signal.aborted) return;
      const startedAt = this.#clock.now();
      const answer = await this.#try(signal);
      if (answer === 'held') renewedAt = startedAt;
      else if (!signal.aborted && (answer === 'taken' || this.#clock.now() - renewedAt > renewDeadlineMs)) {
        metrics?.leaderElection(name, false);
        throw new FatalError('leader election lost');
      }
    }
  }

  /** Gives the lease back, when so configured; does not throw. */
  async release(): Promise<void> {
    const { releaseOnCancel, log, metrics, name, renewDeadlineMs } = this.#options;
    metrics?.leaderElection(name, false);
    if (!releaseOnCancel || this.#lease === undefined) return;
    const now = microTime(this.#clock.now());
    const spec: LeaseSpec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    try {
      await this.#write(this.#lease, spec, withDeadline(undefined, Math.min(renewDeadlineMs, 10_000)));
      log.info('Released leader lease');
    } catch (error) {
      log.error({ error }, 'Failed to release lease');
    }
  }

  async #try(signal: AbortSignal): Promise<'held' | 'taken' | 'failed'> {
    const { renewDeadlineMs, retryPeriodMs, log } = this.#options;
    const within = withDeadline(signal, Math.min(renewDeadlineMs, 2 * retryPeriodMs));
    try {
      return await this.#acquireOrRenew(within);
    } catch (error) {
      // A conflict only says that what was known of the lease is old.
      this.#lease = undefined;
      if (!signal.aborted && !isConflict(error)) log.error({ error }, 'Failed to update lease');
      return 'failed';
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<'held' | 'taken' | 'failed'> {
    const { identity } = this.#options;
    // The leader knows what it wrote last, and needs not ask.
    const known =
      this.#lease !== undefined && specOf(this.#lease).holderIdentity === identity ? this.#lease : undefined;
    const lease = known ?? (await this.#read(signal));
    if (lease === undefined) {
      this.#observe(await this.#create(signal));
      return 'held';
    }
    this.#observe(lease);
    const spec = specOf(lease);
    const now = this.#clock.now();
    const decision = decideLease(spec, identity, this.#observedAt, now);
    if (decision === 'wait') return 'taken';
    const transitions = spec.leaseTransitions ?? 0;
    const next: LeaseSpec = {
      ...this.#term(now),
      ...(decision === 'renew' && spec.acquireTime !== undefined ? { acquireTime: spec.acquireTime } : {}),
      leaseTransitions: decision === 'renew' ? transitions : transitions + 1,
    };
    this.#observe(await this.#write(lease, next, signal));
    return 'held';
  }

  async #read(signal: AbortSignal): Promise<KubeObject | undefined> {
    const { client, name, namespace } = this.#options;
    try {
      return await client.get(leaseType, { name, namespace }, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #create(signal: AbortSignal): Promise<KubeObject> {
    const { client, name, namespace } = this.#options;
    const object: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec: { ...this.#term(this.#clock.now()), leaseTransitions: 0 },
    };
    return client.create(leaseType, object, { signal });
  }

  #write(lease: KubeObject, spec: LeaseSpec, signal: AbortSignal): Promise<KubeObject> {
    const { client, name, namespace } = this.#options;
    const { resourceVersion } = lease.metadata;
    const body = { metadata: { resourceVersion }, spec };
    return client.patch(leaseType, { name, namespace }, { type: 'merge', body }, { signal });
  }

  #term(now: number): LeaseSpec {
    const { identity, leaseDurationMs } = this.#options;
    const time = microTime(now);
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.floor(leaseDurationMs / 1000),
      acquireTime: time,
      renewTime: time,
    };
  }

  #observe(lease: KubeObject): void {
    if (this.#lease === undefined || !jsonEqual(specOf(this.#lease), specOf(lease)))
      this.#observedAt = this.#clock.now();
    this.#lease = lease;
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(done, ms);
      function done(): void {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}

function specOf(lease: KubeObject): LeaseSpec {
  const spec = lease['spec'];
  return isRecord(spec) ? (spec as LeaseSpec) : {};
}

/** `metav1.MicroTime`: RFC 3339 with six digits of a second. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
