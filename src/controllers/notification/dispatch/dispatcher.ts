import { isForbidden, isNoMatch, isNotFound } from '../../../kube/errors.ts';
import { sleep } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Informer } from '../../../runtime/informer.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { EventInput } from '../../../runtime/outcome.ts';
import { alertExtensions, isStateful } from '../alert/extensions.ts';
import type { ObjectLabels } from '../alert/object-labels.ts';
import { type AlertObject, hasLabels, type Labels, matchSources, SOURCE_INDEX, sourceKey } from '../alert/sources.ts';
import { logFields, type NotificationEvent } from '../event.ts';
import type { EventIntake } from '../event-server/event-server.ts';
import type { Arrival, Router } from './router.ts';

export interface DispatcherDeps {
  readonly alerts: Pick<Informer<AlertObject>, 'byIndex'>;
  readonly labels: Pick<ObjectLabels, 'of'>;
  readonly router: Pick<Router, 'route'>;
  tell(alert: AlertObject, event: EventInput): void;
  readonly ready: Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An Alert that is about the object of an event if that has all the labels of one of these. */
interface Candidate {
  readonly alert: AlertObject;
  readonly labelled: readonly Labels[];
}

/** Events whose objects' labels are being looked up. */
const maxLookups = 2000;
const lookupDelayMs = 2000;
/** An API server that gives no labels for so long has Alerts go without. */
const maxLookupMs = 60_000;

/** Finds the Alerts for each event. Those that need labels are looked for while others go on, in order for each object. */
export class Dispatcher implements EventIntake {
  readonly #deps: DispatcherDeps;
  readonly #abort = new AbortController();
  /** The last lookup for each object. */
  readonly #tails = new Map<string, Promise<void>>();
  #lookups = 0;
  #isClosed = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  get ready(): Promise<void> {
    return this.#deps.ready;
  }

  accept(event: NotificationEvent): boolean {
    if (this.#isClosed || this.#lookups >= maxLookups) return false;
    this.#match(event, 'new');
    return true;
  }

  repeated(event: NotificationEvent): void {
    if (!this.#isClosed && this.#lookups < maxLookups && event.severity === 'error') this.#match(event, 'repeated');
  }

  /** Takes no more, and resolves when all that was taken is routed, or `signal` is aborted. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosed = true;
    const giveUp = (): void => this.#abort.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    await Promise.all(this.#tails.values());
    signal.removeEventListener('abort', giveUp);
  }

  #match(event: NotificationEvent, arrival: Arrival): void {
    const { kind, namespace } = event.involvedObject;
    const { alerts, log } = this.#deps;
    const candidates: Candidate[] = [];
    let found = 0;
    for (const alert of alerts.byIndex(SOURCE_INDEX, sourceKey(kind, namespace))) {
      const hasMemory = isStateful(alertExtensions(alert).extensions);
      const match = matchSources(event, alert, hasMemory ? 'all' : 'its own');
      if (match === 'no' || (arrival === 'repeated' && !hasMemory)) continue;
      found += 1;
      if (match === 'yes') this.#route(alert, event, arrival);
      else candidates.push({ alert, labelled: match.labelled });
    }
    if (candidates.length > 0) this.#lookUp(event, arrival, candidates);
    if (arrival === 'repeated') return;
    if (found === 0) log.debug(logFields(event), 'Discarding event, no alerts found for the involved object');
    else log.info({ ...logFields(event), alerts: found }, 'Dispatching event');
  }

  #lookUp(event: NotificationEvent, arrival: Arrival, candidates: readonly Candidate[]): void {
    const { kind, namespace, name } = event.involvedObject;
    const key = `${kind}/${namespace}/${name}`;
    this.#lookups += 1;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const tail: Promise<void> = before
      .then(() => this.#labels(event))
      .then((labels) => {
        for (const { alert, labelled } of candidates) {
          if (labels === undefined) this.#tellNoLabels(alert, event);
          else if (labelled.some((wanted) => hasLabels(labels, wanted))) this.#route(alert, event, arrival);
        }
      })
      .finally(() => {
        this.#lookups -= 1;
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
  }

  /** The labels of an event's object; undefined when there is no way to them. Never throws. */
  async #labels(event: NotificationEvent): Promise<Labels | undefined> {
    const { labels, clock, log } = this.#deps;
    const giveUpAt = clock.now() + maxLookupMs;
    for (;;) {
      try {
        return await labels.of(event.involvedObject, this.#abort.signal);
      } catch (error) {
        log.error({ error }, 'Labels of the object of an event could not be read');
        const isFinal = isNotFound(error) || isForbidden(error) || isNoMatch(error) || error instanceof RangeError;
        if (isFinal || this.#abort.signal.aborted || clock.now() >= giveUpAt) return undefined;
      }
      await sleep(clock, lookupDelayMs, this.#abort.signal).catch(() => undefined);
    }
  }

  #tellNoLabels(alert: AlertObject, { involvedObject: { kind, namespace, name } }: NotificationEvent): void {
    const message = `error getting source object ${kind}/${namespace}/${name}`;
    this.#deps.tell(alert, { severity: 'error', reason: 'SourceFetchFailed', message });
  }

  #route(alert: AlertObject, event: NotificationEvent, arrival: Arrival): void {
    try {
      this.#deps.router.route(alert, event, arrival);
    } catch (error) {
      // A fault of ours with one Alert must not keep the event from others.
      this.#deps.log.error(
        { error, alert: alert.metadata.name, namespace: alert.metadata.namespace },
        'Routing failed',
      );
    }
  }
}
