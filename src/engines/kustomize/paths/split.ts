/** Cuts a path at a delimiter that no backslash precedes; a leading delimiter does not count (kyaml PathSplitter). */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts.shift();
  if (!path.includes('\\')) return parts;
  const result: string[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.endsWith('\\') === true) result[result.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`;
    else result.push(part);
  }
  return result;
}

/**
 * Cuts a field path at dots, keeping what is in brackets together: `[name=a.b]` stays an item's identity, `[a.b]`
 * becomes the key `a.b` (kyaml SmarterPathSplitter).
 */
export function splitFieldPath(path: string): string[] {
  const parts = splitPath(path, '.');
  const result: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    let part = parts[i] as string;
    if (!part.startsWith('[') || part.endsWith(']')) {
      result.push(part);
      continue;
    }
    while (i < parts.length - 1) {
      part += `.${parts[++i] as string}`;
      if (part.endsWith(']')) break;
    }
    result.push(part.includes('=') ? part : part.replace(/^[[\]]+|[[\]]+$/g, ''));
  }
  return result;
}
