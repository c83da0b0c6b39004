import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { groupOf, metadataKeys, type NotificationEvent } from '../event.ts';

/** More keys than this are not kept: about 5 MB, and more events than any cluster has in five minutes. */
const maxKnown = 50_000;

/**
 * What two events have in common that are the same (notification-controller internal/server/event_server.go,
 * eventKeyFunc): the object without its group, the message, and what the controller says of revision and token.
 */
export function duplicateKey(event: NotificationEvent): string {
  const { involvedObject, message, metadata } = event;
  const group = groupOf(involvedObject);
  const parts = [
    'event',
    `name=${involvedObject.name}`,
    `namespace=${involvedObject.namespace}`,
    `kind=${involvedObject.kind}`,
    `message=${message}`,
  ];
  for (const key of [metadataKeys.originRevision, metadataKeys.revision, metadataKeys.token]) {
    const value = metadata[`${group}/${key}`];
    if (value !== undefined) parts.push(`${key}=${value}`);
  }
  return createHash('sha256').update(parts.join('/')).digest('base64');
}

/** Knows the events of the last while, to refuse them when they come again (`--rate-limit-interval`). */
export class Duplicates {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  /** When each key may come again, in the order of that. */
  readonly #known = new Map<string, number>();

  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  /** When the event may come again, in milliseconds since the epoch, if one like it was added a short while ago. */
  until(key: string): number | undefined {
    this.#forget();
    return this.#known.get(key);
  }

  /** Remembers an event that was accepted; gives when it may come again. */
  add(key: string): number {
    const until = this.#clock.now() + this.#intervalMs;
    this.#known.delete(key);
    this.#known.set(key, until);
    if (this.#known.size > maxKnown) this.#known.delete(this.#known.keys().next().value ?? key);
    return until;
  }

  get size(): number {
    return this.#known.size;
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [key, until] of this.#known) {
      // One that is due later than the interval allows was made before the machine's clock was set back.
      if (until > now && until <= now + this.#intervalMs) return;
      this.#known.delete(key);
    }
  }
}
