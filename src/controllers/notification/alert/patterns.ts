// As a namespace, so that the linked program loads it when a pattern needs it (tools/link.ts).
import * as re2 from 're2js';
import type { Alert } from '../../../crds/notification/alert.ts';

interface Pattern {
  test(text: string): boolean;
}

/** What an Alert's lists say of a message, and which of their patterns are none. */
export interface Screening {
  readonly passes: boolean;
  /** What to say of each pattern that is none, as Flux does. */
  readonly problems: readonly string[];
}

const maxKnown = 1000;
const known = new Map<string, Pattern | 'invalid'>();

/**
 * Whether a message is to be sent: it matches one of `spec.inclusionList`, if there are any, and none of
 * `spec.exclusionList`. Patterns are RE2, matched in linear time; one that is none matches nothing
 * (notification-controller internal/server/event_handlers.go, messageIsIncluded and messageIsExcluded).
 */
export function screen(message: string, { inclusionList = [], exclusionList = [] }: Alert['spec']): Screening {
  const problems: string[] = [];
  const passes =
    (inclusionList.length === 0 || matches(message, inclusionList, 'inclusion', problems)) &&
    !matches(message, exclusionList, 'exclusion', problems);
  return { passes, problems };
}

function matches(message: string, patterns: readonly string[], list: string, problems: string[]): boolean {
  for (const text of patterns) {
    const pattern = compile(text);
    if (pattern === 'invalid') problems.push(`failed to compile ${list} regex: ${text}`);
    else if (pattern.test(message)) return true;
  }
  return false;
}

function compile(text: string): Pattern | 'invalid' {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= maxKnown) known.clear();
  const pattern = compiled(text);
  known.set(text, pattern);
  return pattern;
}

function compiled(text: string): Pattern | 'invalid' {
  try {
    const program = re2.RE2JS.compile(text);
    return { test: (message) => program.matcher(message).find() };
  } catch {
    return 'invalid';
  }
}
