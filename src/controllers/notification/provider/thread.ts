import { isRecord } from '../../../lib/json.ts';

/** The messages about one object at one revision, in a service that can keep them together. */
export interface Thread {
  /** Names it, the same for all its messages: 40 hex digits. */
  readonly key: string;
  /** How the service calls its first message; undefined before there is one. */
  readonly root: string | undefined;
  /** Remembers how the service calls the first message. */
  begin(root: string): void;
}

const maxIdLength = 300;

/** Whether the answer to the message is needed, as it is the first one of a thread. */
export function beginsThread(thread: Thread | undefined): boolean {
  return thread !== undefined && thread.root === undefined;
}

/**
 * Begins a thread with what a service answered, unless it has begun: an id by its path in a JSON answer, for example
 * `['result', 'message_id']`. An answer without one begins none.
 */
export function beginThread(thread: Thread | undefined, answer: string, path: readonly string[]): void {
  if (thread === undefined || !beginsThread(thread)) return;
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    return;
  }
  for (const step of path) value = isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  const id = typeof value === 'number' ? String(value) : value;
  if (typeof id === 'string' && id !== '' && id.length <= maxIdLength) thread.begin(id);
}
