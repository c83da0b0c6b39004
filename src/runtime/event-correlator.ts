import type { RecordedEvent } from './recorded-event.ts';

/** What is to be done about an event: write a new one, count up an old one, or nothing. */
export type Correlation =
  | { readonly action: 'create'; readonly key: string; readonly message: string }
  | { readonly action: 'count'; readonly key: string; readonly message: string; readonly repeat: Repeat }
  | { readonly action: 'skip' };

/** An Event in the cluster that happened again. */
export interface Repeat {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

interface Written extends Repeat {
  readonly writtenAt: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastAt: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** client-go tools/record/events_cache.go, with its defaults. */
const maxEntries = 4096;
const similarLimit = 10;
const similarWindowMs = 600_000;
const burst = 25;
const refillMs = 300_000;
/** Differs from Flux: a repeat within this time is counted, and written with the next one (ADR 0011). */
const repeatIntervalMs = 30_000;

/**
 * Keeps Events few: the same one again is counted instead of written; many that differ only in their message become
 * one; an object that never stops talking is cut short.
 */
export class EventCorrelator {
  readonly #written = new Map<string, Written>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, Bucket>();

  correlate(event: RecordedEvent): Correlation {
    const about = subject(event);
    const group = `${about}|${event.reason}`;
    const combined = this.#isCrowded(group, event);
    const message = combined ? `(combined from similar events): ${event.message}` : event.message;
    const key = combined ? group : `${group}|${event.message}|${JSON.stringify(event.metadata)}`;
    const before = this.#written.get(key);
    if (before !== undefined && event.at - before.writtenAt < repeatIntervalMs) {
      this.#written.set(key, { ...before, count: before.count + 1 });
      return { action: 'skip' };
    }
    if (!this.#mayWrite(about, event.at)) return { action: 'skip' };
    if (before === undefined) return { action: 'create', key, message };
    return { action: 'count', key, message, repeat: { ...before, count: before.count + 1 } };
  }

  /** The Event of `key` is in the cluster now. */
  wrote(key: string, event: Repeat, at: number): void {
    remember(this.#written, key, { ...event, writtenAt: at });
  }

  /** The Event of `key` is not in the cluster (any more). */
  lost(key: string): void {
    this.#written.delete(key);
  }

  #isCrowded(group: string, { at, message }: RecordedEvent): boolean {
    let similar = this.#similar.get(group);
    if (similar === undefined || at - similar.lastAt > similarWindowMs) similar = { messages: new Set(), lastAt: at };
    similar.lastAt = at;
    if (similar.messages.size < similarLimit) similar.messages.add(message);
    remember(this.#similar, group, similar);
    return similar.messages.size >= similarLimit;
  }

  #mayWrite(about: string, at: number): boolean {
    const bucket = this.#buckets.get(about) ?? { tokens: burst, filledAt: at };
    const refilled = Math.floor(Math.max(0, at - bucket.filledAt) / refillMs);
    bucket.tokens = Math.min(burst, bucket.tokens + refilled);
    bucket.filledAt = at < bucket.filledAt ? at : bucket.filledAt + refilled * refillMs;
    remember(this.#buckets, about, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function subject({ involvedObject: { kind, namespace, name, uid, apiVersion }, severity }: RecordedEvent): string {
  return [apiVersion, kind, namespace, name, uid, severity === 'error' ? 'Warning' : 'Normal'].join('|');
}

/** Sets an entry as the newest, and forgets the oldest when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxEntries) return;
  const { value: oldest } = map.keys().next();
  if (oldest !== undefined) map.delete(oldest);
}
