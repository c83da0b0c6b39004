import { GitError, quoted } from './errors.ts';
import { type ObjectFormat, oidBytes } from './oid.ts';
import { checkEntryName, isDotGitmodules } from './path-rules.ts';

/** What a tree entry is: `link` is a symlink, `commit` a submodule. */
export type EntryKind = 'tree' | 'file' | 'executable' | 'link' | 'commit';

/** One entry of a tree. */
export interface GitTreeEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly oid: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The entries of a tree object in Git's order, which is by the bytes of the name with `/` after a folder's. Names are
 * checked by {@link checkEntryName}; a name that is there twice, is not UTF-8, or has an unknown mode is refused
 * (`UnsafePath`, `CorruptData`). `folder` is the tree's path, for messages.
 */
export function parseTree(content: Buffer, format: ObjectFormat, folder: string): GitTreeEntry[] {
  const entries: GitTreeEntry[] = [];
  const keys = new Map<GitTreeEntry, string>();
  const seen = new Set<string>();
  let sorted = true;
  let previousKey = '';
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0, at);
    const next = nul + 1 + oidBytes(format);
    if (space === -1 || nul <= space || next > content.length) {
      throw new GitError('CorruptData', `tree '${folder}' is cut short`);
    }
    const kind = kindOfMode(content.toString('latin1', at, space), folder);
    const name = decodeName(content.subarray(space + 1, nul), folder);
    checkEntryName(name, folder);
    if (seen.has(name)) {
      throw new GitError('UnsafePath', `tree '${folder}' has '${name}' twice`);
    }
    if (kind === 'link' && isDotGitmodules(name)) {
      throw new GitError('UnsafePath', `'${name}' in '${folder}' must not be a symlink`);
    }
    seen.add(name);
    const entry = { name, kind, oid: content.toString('hex', nul + 1, next) };
    const key = content.toString('latin1', space + 1, nul) + (kind === 'tree' ? '/' : '');
    sorted &&= previousKey < key;
    previousKey = key;
    keys.set(entry, key);
    entries.push(entry);
    at = next;
  }
  return sorted ? entries : entries.sort((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
}

/** As Git reads modes (canon_mode, cache.h): old ones such as 100664 count by the executable bit. */
function kindOfMode(mode: string, folder: string): EntryKind {
  if (!/^[0-7]{5,6}$/.test(mode)) {
    throw new GitError('CorruptData', `tree '${folder}' has an entry of mode ${quoted(mode)}`);
  }
  const bits = Number.parseInt(mode, 8);
  switch (bits & 0o170000) {
    case 0o040000:
      return 'tree';
    case 0o100000:
      return (bits & 0o100) === 0 ? 'file' : 'executable';
    case 0o120000:
      return 'link';
    case 0o160000:
      return 'commit';
    default:
      throw new GitError('CorruptData', `tree '${folder}' has an entry of mode ${mode}`);
  }
}

function decodeName(bytes: Buffer, folder: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const shown = quoted(bytes.toString('latin1'));
    throw new GitError('UnsafePath', `a name in '${folder}' is not UTF-8: ${shown}`, { cause });
  }
}
