import { parseDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AlertObject } from './sources.ts';

/**
 * Annotations of Alerts that the Flux API does not have (ADR 29). Without them an Alert is treated as Flux treats it.
 * docs/spec/alert.md, "Beside the Flux API", says what each does.
 */
const FIRE_AFTER_FAILURES = 'sluice.dev/fire-after-failures';
const FIRE_AFTER = 'sluice.dev/fire-after';
const RECOVERY = 'sluice.dev/recovery';
const THREADS = 'sluice.dev/threads';
const DIGEST = 'sluice.dev/digest';

/** What an Alert's annotations ask for. */
export interface AlertExtensions {
  /** Tell of a failure only when it was seen so often, */
  readonly fireAfterFailures?: number;
  /** or when it has lasted so long. */
  readonly fireAfterMs?: number;
  /** Tell when an object that was told to have failed is well again. */
  readonly recovery: boolean;
  /** One thread for each object and revision, where the Provider's type has threads. */
  readonly threads: boolean;
  /** Collect for so long, then send one message. */
  readonly digestMs?: number;
}

/** An Alert's extensions, and what is wrong with its annotations: one that cannot be read asks for nothing. */
export interface ReadExtensions {
  readonly extensions: AlertExtensions;
  readonly problems: readonly string[];
}

const maxDurationMs = 24 * 3_600_000;
const known = new WeakMap<AlertObject, ReadExtensions>();

/** What the annotations of an Alert ask for. */
export function alertExtensions(alert: AlertObject): ReadExtensions {
  return known.getOrInsertComputed(alert, read);
}

/** Whether what is sent depends on what happened before. */
export function isStateful({ fireAfterFailures, fireAfterMs, recovery }: AlertExtensions): boolean {
  return recovery || fireAfterFailures !== undefined || fireAfterMs !== undefined;
}

function read(alert: AlertObject): ReadExtensions {
  const annotations = alert.metadata.annotations ?? {};
  const problems: string[] = [];
  const parsed = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = annotations[name];
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      problems.push(`annotation ${name}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  const fireAfterFailures = parsed(FIRE_AFTER_FAILURES, count);
  const fireAfterMs = parsed(FIRE_AFTER, duration);
  const digestMs = parsed(DIGEST, duration);
  const extensions = {
    ...(fireAfterFailures === undefined ? {} : { fireAfterFailures }),
    ...(fireAfterMs === undefined ? {} : { fireAfterMs }),
    ...(digestMs === undefined ? {} : { digestMs }),
    recovery: parsed(RECOVERY, enabled) ?? false,
    threads: parsed(THREADS, enabled) ?? false,
  };
  return { extensions, problems };
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new SyntaxError(`expected a number from 1 to 9999, got ${quoted(text)}`);
  return Number(text);
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms < 1000 || ms > maxDurationMs) throw new RangeError(`expected a duration from 1s to 24h, got ${quoted(text)}`);
  return ms;
}

function enabled(text: string): boolean {
  if (text !== 'enabled' && text !== 'disabled')
    throw new SyntaxError(`expected enabled or disabled, got ${quoted(text)}`);
  return text === 'enabled';
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
