// As a namespace, so that the linked program loads it when a pattern needs it (tools/link.ts).
import * as re2 from 're2js';
import { BuildError } from '../build-error.ts';

/** Tests a text against a pattern, anywhere in it. */
export interface Matcher {
  test(text: string): boolean;
}

/** Patterns that mean the same in JavaScript: literals, classes, groups, and repetition of single characters. */
const simple = /^(?:[A-Za-z0-9_:/@, =-]|\\[.\-/]|(?:\.|\[[A-Za-z0-9_.-]+\])[*+]?|[\^$|]|\((?:\?:)?|\)(?![*+?{]))*$/;
/** More than two repetitions may take long where JavaScript tries all ways to share a text among them. */
const maxRepetitions = 2;

const cache = new Map<string, Matcher>();

/**
 * A regular expression in Go's syntax (RE2). What JavaScript takes the same way runs natively, the rest in re2js, so
 * that no pattern can take exponential time. Throws {@link BuildError} when it is none.
 */
export function compileRegex(pattern: string): Matcher {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const matcher = compile(pattern);
  if (cache.size > 1000) cache.clear();
  cache.set(pattern, matcher);
  return matcher;
}

function compile(pattern: string): Matcher {
  try {
    if (simple.test(pattern) && (pattern.match(/[.\]][*+?]/g) ?? []).length <= maxRepetitions)
      return new RegExp(pattern);
    const compiled = re2.RE2JS.compile(pattern);
    return { test: (text) => compiled.matcher(text).find() };
  } catch (error) {
    throw new BuildError(`error parsing regexp: ${pattern}`, { cause: error });
  }
}

/** A pattern that the whole text must match; an empty one matches anything. */
export function compileAnchored(pattern: string): Matcher {
  return pattern === '' ? anything : compileRegex(`^(?:${pattern})$`);
}

const anything: Matcher = { test: () => true };
