import { isRecord, parseJson } from '../lib/json.ts';
import { apiErrorOf } from './api-status.ts';
import { type ApiError, TransportError } from './errors.ts';
import { hasMetadata } from './metadata.ts';
import type { PartialObject } from './object.ts';

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: PartialObject }
  /** Nothing happened up to this resource version; `initialEnd`: the first list is complete. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: ApiError };

const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Decodes a line of a watch (`metav1.WatchEvent`). Throws TransportError `BadAnswer` on what is none; undefined for
 * event types of a later Kubernetes.
 */
export function parseWatchEvent(line: string): WatchEvent | undefined {
  const value = decode(line);
  if (!isRecord(value)) throw bad();
  const { type, object } = value;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (!hasMetadata(object)) throw bad();
      return { type, object };
    case 'BOOKMARK':
      if (!hasMetadata(object)) throw bad();
      return {
        type,
        resourceVersion: object.metadata.resourceVersion ?? '',
        initialEnd: object.metadata.annotations?.[initialEventsEnd] === 'true',
      };
    case 'ERROR': {
      const error = apiErrorOf(object, 500);
      if (error === undefined) throw bad();
      return { type, error };
    }
    default:
      if (typeof type !== 'string') throw bad();
      return undefined;
  }
}

function decode(line: string): unknown {
  try {
    return parseJson(line);
  } catch (cause) {
    throw bad(cause);
  }
}

function bad(cause?: unknown): TransportError {
  return new TransportError('a line of the watch is no event', { code: 'BadAnswer', cause });
}
