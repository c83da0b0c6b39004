import { RE2JS } from 're2js';
import { errorMessage } from '../lib/errors.ts';
import type { Selector } from './metadata.ts';
import { SopsError } from './sops-error.ts';

/** Where a value stands. */
export interface Position {
  /** The keys from the document's root; lists leave no trace. */
  readonly path: readonly string[];
  /** The comments in force, one list per level: those since the last thing that was no comment. */
  readonly comments: readonly (readonly string[])[];
  /** It is a comment itself: the last one of the last level. */
  readonly isComment: boolean;
}

/**
 * Whether a value of the document is encrypted (getsops/sops sops.go, shouldBeEncrypted). Throws {@link SopsError} at
 * once when the expression cannot be compiled.
 */
export function selects(selector: Selector): (position: Position) => boolean {
  switch (selector.kind) {
    case 'encrypted_suffix':
      return ({ path }) => path.some((key) => key.endsWith(selector.suffix));
    case 'unencrypted_suffix':
      return ({ path }) => !path.some((key) => key.endsWith(selector.suffix));
    case 'encrypted_regex': {
      const matches = matcher(selector.regex);
      return ({ path }) => path.some(matches);
    }
    case 'unencrypted_regex': {
      const matches = matcher(selector.regex);
      return ({ path }) => !path.some(matches);
    }
    case 'unencrypted_comment_regex': {
      const matches = matcher(selector.regex);
      return ({ comments }) => !comments.some((level) => level.some(matches));
    }
    case 'encrypted_comment_regex': {
      const matches = matcher(selector.regex);
      return ({ comments, isComment }) => {
        const last = comments.length - 1;
        return comments.some((level, i) => (isComment && i === last ? level.slice(0, -1) : level).some(matches));
      };
    }
  }
}

/** RE2, as in Go: linear in the text, so that a document cannot choose an expression that never ends. */
function matcher(regex: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(regex);
    const known = new Map<string, boolean>();
    return (text) => {
      const before = known.get(text);
      if (before !== undefined) return before;
      const found = compiled.matcher(text).find();
      known.set(text, found);
      return found;
    };
  } catch (error) {
    throw new SopsError('format', `a selector is no regular expression: ${errorMessage(error)}`, { cause: error });
  }
}
