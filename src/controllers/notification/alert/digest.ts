import type { Clock, Timer } from '../../../lib/clock.ts';
import type { NotificationEvent } from '../event.ts';
import type { AlertObject } from './sources.ts';

/** Different events that one message tells of; more are counted. */
const maxLines = 100;
const maxLineLength = 300;

interface Line {
  readonly text: string;
  readonly error: boolean;
  count: number;
}

interface Collection {
  /** The Alert as it was when the last event came. */
  alert: AlertObject;
  readonly lines: Map<string, Line>;
  readonly timer: Timer;
  events: number;
  errors: number;
}

export interface DigestsOptions {
  readonly clock: Clock;
  due(alert: AlertObject, event: NotificationEvent): void;
}

/** Collects, for Alerts that ask for it, what happens for a while, and tells it in one message about the Alert. */
export class Digests {
  readonly #options: DigestsOptions;
  readonly #collections = new Map<string, Collection>();

  constructor(options: DigestsOptions) {
    this.#options = options;
  }

  /** Adds an event to the message that is sent `afterMs` after its first. */
  add(alert: AlertObject, event: NotificationEvent, afterMs: number): void {
    const { uid = '' } = alert.metadata;
    const collection = this.#collections.getOrInsertComputed(uid, () => ({
      alert,
      lines: new Map(),
      timer: this.#options.clock.setTimeout(() => this.#send(uid), afterMs),
      events: 0,
      errors: 0,
    }));
    collection.alert = alert;
    collection.events += 1;
    const error = event.severity === 'error';
    if (error) collection.errors += 1;
    const text = lineOf(event);
    const line = collection.lines.get(text);
    if (line !== undefined) line.count += 1;
    else if (collection.lines.size < maxLines) collection.lines.set(text, { text, error, count: 1 });
  }

  /** Sends what was collected, now. */
  flush(): void {
    for (const uid of [...this.#collections.keys()]) this.#send(uid);
  }

  #send(uid: string): void {
    const collection = this.#collections.get(uid);
    if (collection === undefined) return;
    collection.timer.cancel();
    this.#collections.delete(uid);
    const { alert, lines, events, errors } = collection;
    const { name, namespace = '' } = alert.metadata;
    const told = [...lines.values()].toSorted((a, b) => Number(b.error) - Number(a.error));
    const untold = events - told.reduce((sum, { count }) => sum + count, 0);
    const message = [
      `${events} ${events === 1 ? 'event' : 'events'}, ${errors} of them errors`,
      ...told.map(({ text, count }) => (count === 1 ? text : `${text} (${count} times)`)),
      ...(untold === 0 ? [] : [`and ${untold} more`]),
    ].join('\n');
    this.#options.due(alert, {
      involvedObject: { apiVersion: alert.apiVersion, kind: alert.kind, namespace, name, uid },
      severity: errors > 0 ? 'error' : 'info',
      timestamp: `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`,
      message,
      reason: 'Digest',
      metadata: {},
      reportingController: 'notification-controller',
      reportingInstance: '',
    });
  }
}

function lineOf({ involvedObject, severity, reason, message }: NotificationEvent): string {
  const { kind, namespace, name } = involvedObject;
  const [first = ''] = message.trim().split('\n', 1);
  const line = `${kind}/${namespace}/${name} ${reason}: ${first}`;
  const short = line.length <= maxLineLength ? line : `${line.slice(0, maxLineLength - 3)}...`.toWellFormed();
  return severity === 'error' ? `error: ${short}` : short;
}
