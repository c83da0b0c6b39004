import type { Clock, Timer } from '../../../lib/clock.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { commitStatusUpdate, groupOf, type InvolvedObject, metadataKeys, type NotificationEvent } from '../event.ts';
import type { AlertExtensions } from './extensions.ts';
import type { AlertObject } from './sources.ts';

/** More than these are not known at a time; the oldest is forgotten. */
const maxIncidents = 10_000;
/** A failure of which nothing was heard for so long is forgotten: its object is gone, or nobody reconciles it. */
const maxSilenceMs = 24 * 3_600_000;

/** An object that fails, as one Alert sees it. */
interface Incident {
  readonly alert: AlertObject;
  readonly since: number;
  seenAt: number;
  failures: number;
  /** Absent where nothing was heard since the process started. */
  latest?: NotificationEvent;
  /** Failures that were told, so that none is told twice. */
  readonly told: Set<string>;
  timer?: Timer;
}

/** Reasons of events that say that an object is as it should be. */
const well: ReadonlySet<string> = new Set([
  'Succeeded',
  'ReconciliationSucceeded',
  'NewArtifact',
  'ArtifactUpToDate',
  'ChartPullSucceeded',
  'ChartPackageSucceeded',
  'InstallSucceeded',
  'UpgradeSucceeded',
  'TestSucceeded',
]);

export interface IncidentsOptions {
  readonly clock: Clock;
  /** A failure has lasted long enough to be told. `alert` is the one that it began under, perhaps changed since. */
  due(alert: AlertObject, event: NotificationEvent): void;
}

/**
 * Remembers, for Alerts that ask for it, which objects fail: to tell of a failure only when it was seen often enough or
 * lasted long enough, once, and to tell when it is over. In memory: a process that starts anew begins to count anew.
 */
export class Incidents {
  readonly #options: IncidentsOptions;
  readonly #incidents = new Map<string, Incident>();

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  /** What to send because of an event about an object that the Alert is about: that event, another one, or nothing. */
  heard(alert: AlertObject, extensions: AlertExtensions, event: NotificationEvent): NotificationEvent | undefined {
    if (event.severity === 'error') return this.#failed(alert, extensions, event);
    if (!well.has(event.reason)) return event;
    const key = keyOf(alert, event.involvedObject);
    const incident = this.#incidents.get(key);
    if (incident === undefined) return event;
    this.#end(key, incident);
    if (!extensions.recovery || incident.told.size === 0) return event;
    return recovered(event, this.#options.clock.now() - incident.since);
  }

  /** An object has failed since before the process started: its recovery is told if the failure must have been. */
  resume(
    alert: AlertObject,
    { fireAfterFailures, fireAfterMs }: AlertExtensions,
    object: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>,
    since: number,
  ): void {
    const key = keyOf(alert, object);
    const now = this.#options.clock.now();
    const wasTold = fireAfterMs === undefined ? fireAfterFailures === undefined : now - since >= fireAfterMs;
    if (!wasTold || this.#incidents.has(key)) return;
    this.#forget();
    this.#incidents.set(key, { alert, since, seenAt: now, failures: 1, told: new Set(['before']) });
  }

  /** The number of objects that are known to fail. */
  get size(): number {
    return this.#incidents.size;
  }

  /** Forgets everything; what waits to be told is not. */
  close(): void {
    for (const [key, incident] of [...this.#incidents]) this.#end(key, incident);
  }

  #failed(alert: AlertObject, extensions: AlertExtensions, event: NotificationEvent): NotificationEvent | undefined {
    const key = keyOf(alert, event.involvedObject);
    const incident = this.#incidents.get(key) ?? this.#begin(key, alert);
    incident.seenAt = this.#options.clock.now();
    incident.failures += 1;
    incident.latest = event;
    const { fireAfterFailures, fireAfterMs } = extensions;
    if (fireAfterFailures === undefined && fireAfterMs === undefined) {
      incident.told.add(failureOf(event));
      return event;
    }
    const lasted = incident.seenAt - incident.since;
    const often = fireAfterFailures !== undefined && incident.failures >= fireAfterFailures;
    const long = fireAfterMs !== undefined && lasted >= fireAfterMs;
    if (often || long || incident.told.size > 0) return tell(incident, event);
    if (fireAfterMs !== undefined) {
      incident.timer ??= this.#options.clock.setTimeout(() => {
        delete incident.timer;
        const due = tell(incident, incident.latest ?? event);
        if (due !== undefined) this.#options.due(incident.alert, due);
      }, fireAfterMs - lasted);
    }
    return undefined;
  }

  #begin(key: string, alert: AlertObject): Incident {
    this.#forget();
    const now = this.#options.clock.now();
    const incident: Incident = { alert, since: now, seenAt: now, failures: 0, told: new Set() };
    this.#incidents.set(key, incident);
    return incident;
  }

  #forget(): void {
    const now = this.#options.clock.now();
    for (const [key, incident] of this.#incidents) {
      const full = this.#incidents.size >= maxIncidents;
      if (!full && now - incident.seenAt < maxSilenceMs) return;
      this.#end(key, incident);
    }
  }

  #end(key: string, incident: Incident): void {
    incident.timer?.cancel();
    this.#incidents.delete(key);
  }
}

/** More kinds of failure than this, and all are told again. */
const maxTold = 20;

function tell({ told, timer }: Incident, event: NotificationEvent): NotificationEvent | undefined {
  const failure = failureOf(event);
  timer?.cancel();
  if (told.has(failure)) return undefined;
  if (told.size >= maxTold) told.clear();
  told.add(failure);
  return event;
}

function keyOf(
  { metadata: { uid = '' } }: AlertObject,
  { kind, namespace, name }: Pick<InvolvedObject, 'kind' | 'namespace' | 'name'>,
): string {
  return [uid, kind, namespace, name].join('/');
}

/** What two events have in common that tell of the same failure. */
function failureOf({ reason, message, metadata, involvedObject }: NotificationEvent): string {
  return JSON.stringify([reason, message, metadata[`${groupOf(involvedObject)}/${metadataKeys.revision}`] ?? '']);
}

/** The event, told as news of its own: no longer one that is there for a commit's status alone. */
function recovered(event: NotificationEvent, afterMs: number): NotificationEvent {
  const commitStatus = `${groupOf(event.involvedObject)}/${metadataKeys.commitStatus}`;
  const metadata = Object.entries(event.metadata).filter(
    ([key, value]) => key !== commitStatus || value !== commitStatusUpdate,
  );
  const lasted = formatDuration(Math.round(afterMs / 1000) * 1000);
  return { ...event, metadata: Object.fromEntries(metadata), message: `Recovered after ${lasted}: ${event.message}` };
}
