/** Which files of a directory are no part of its chart. */
export interface IgnoreRules {
  ignores(path: string, isDirectory: boolean): boolean;
}

interface Rule {
  readonly negates: boolean;
  readonly directoriesOnly: boolean;
  readonly matches: (path: string) => boolean;
}

/** A line of .helmignore cannot be used. */
export class IgnoreError extends Error {}

/**
 * Reads .helmignore (pkg/ignore/rules.go): shell patterns, `!` for the opposite, a slash at the end for directories.
 * Hidden files in templates are always left out.
 */
export function parseHelmignore(text: string): IgnoreRules {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const rules = [...lines, 'templates/.?*'].flatMap((line) => parseRule(line.trim()));
  return {
    ignores: (path, isDirectory) => rules.some((rule) => applies(rule, path, isDirectory)),
  };
}

/** A negated rule leaves out everything that it does not match: so Helm has it. */
function applies({ negates, directoriesOnly, matches }: Rule, path: string, isDirectory: boolean): boolean {
  if (negates) return (directoriesOnly && !isDirectory) || !matches(path);
  return !(directoriesOnly && !isDirectory) && matches(path);
}

function parseRule(line: string): readonly Rule[] {
  if (line === '' || line.startsWith('#')) return [];
  if (line.includes('**')) throw new IgnoreError('double-star (**) syntax is not supported');
  const negates = line.startsWith('!');
  const directoriesOnly = line.endsWith('/');
  const rule = line.slice(negates ? 1 : 0, directoriesOnly ? -1 : undefined);
  const isAnchored = rule.startsWith('/');
  const expression = shellPattern(isAnchored ? rule.slice(1) : rule);
  const wholePath = isAnchored || rule.includes('/');
  const matches = (path: string): boolean => expression.test(wholePath ? path : path.slice(path.lastIndexOf('/') + 1));
  return [{ negates, directoriesOnly, matches }];
}

/** filepath.Match as an expression. */
function shellPattern(pattern: string): RegExp {
  let out = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') {
      out += '[^/]*';
      while (pattern[at + 1] === '*') at++;
    } else if (character === '?') out += '[^/]';
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) throw new IgnoreError('syntax error in pattern');
      out += `[${pattern.slice(at + 1, end).replace(/[\\[]/g, '\\$&')}]`;
      at = end;
    } else out += (character === '\\' ? (pattern[++at] ?? '') : character).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  return new RegExp(`^${out}$`, 'su');
}
