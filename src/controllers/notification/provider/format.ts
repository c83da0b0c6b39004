import type { NotificationEvent } from '../event.ts';

/** `kind/name.namespace`, the kind in lower case: how most services show an object. */
export function objectName({ involvedObject: { kind, name, namespace } }: NotificationEvent): string {
  return `${kind.toLowerCase()}/${name}.${namespace}`;
}

/** The metadata, sorted by key. The original has it in Go's random order, but for a few types. */
export function sortedMetadata({ metadata }: NotificationEvent): readonly (readonly [string, string])[] {
  return Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Seconds since the epoch of the event's time; 0 when that is no time. */
export function unixSeconds({ timestamp }: NotificationEvent): number {
  const ms = Date.parse(timestamp);
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
}

/**
 * `kind/name` and the reason in words, both in lower case: `kustomization/apps` and `health check failed`
 * (internal/notifier/util.go, formatNameAndDescription).
 */
export function nameAndDescription({ involvedObject, reason }: NotificationEvent): {
  readonly name: string;
  readonly description: string;
} {
  return {
    name: `${involvedObject.kind}/${involvedObject.name}`.toLowerCase(),
    description: splitCamelCase(reason).join(' ').toLowerCase(),
  };
}

const runs = /\p{Ll}+|\p{Lu}+|\p{Nd}+|[^\p{Ll}\p{Lu}\p{Nd}]+/gu;

/** `HTTPServerFailed2` as `HTTP`, `Server`, `Failed`, `2` (fatih/camelcase, as upstream has it). */
function splitCamelCase(text: string): readonly string[] {
  const words: string[] = [];
  for (const run of text.match(runs) ?? []) {
    const before = words.at(-1);
    if (before === undefined || !/^\p{Ll}/u.test(run) || !/^\p{Lu}/u.test(before)) {
      words.push(run);
      continue;
    }
    // The last capital begins the word.
    const capitals = [...before];
    words.splice(-1, 1, ...(capitals.length > 1 ? [capitals.slice(0, -1).join('')] : []), `${capitals.at(-1)}${run}`);
  }
  return words;
}

/** The first letter of each word large, all others small, as golang.org/x/text/cases has it for what reasons are made of. */
export function titleCase(text: string): string {
  return text.replace(/[\p{L}\p{N}\p{M}_'.]+/gu, (word) =>
    word.toLowerCase().replace(/\p{Ll}/u, (letter) => letter.toUpperCase()),
  );
}

/**
 * The event in Markdown, for comments and chats that show it (internal/notifier/markdown.go). The number of a pull
 * request, which says nothing there, is left out.
 */
export function markdown(event: NotificationEvent): string {
  const { kind, namespace, name } = event.involvedObject;
  const lines = sortedMetadata(event)
    .filter(([key]) => key !== 'change_request')
    .map(([key, value]) => `* \`${key}\`: ${value}\n`);
  const emoji = event.severity === 'error' ? '⚠️' : 'ℹ️';
  return `## Flux Status\n\n${emoji} ${kind}/${namespace}/${name}\n\n${event.message}\n\nMetadata:\n${lines.join('')}`;
}
