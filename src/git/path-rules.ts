import { GitError, quoted } from './errors.ts';

/** Code points that HFS+ drops from names (utf8.c, next_hfs_char). */
const hfsIgnored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** What NTFS leaves away at the end of a name: spaces, periods and a stream (path.c, is_ntfs_dotgit). */
const ntfsTail = '[. ]*(?::.*)?';
const dotGit = new RegExp(`^(?:\\.git|git~1)${ntfsTail}$`, 'is');
/** `.gitmodules` and its short names of eight characters, where a growing number pushes the letters out. */
const gitmodulesNames =
  '\\.gitmodules|gitmod~[1-4]|gi7eba~[1-9]|gi7eb~[1-9]\\d|gi7e~[1-9]\\d{2}|gi7~[1-9]\\d{3}|gi~[1-9]\\d{4}|g~[1-9]\\d{5}|~[1-9]\\d{6}';
const dotGitmodules = new RegExp(`^(?:${gitmodulesNames})${ntfsTail}$`, 'is');

/** What file systems hold: a longer name could be unpacked nowhere. */
const maxNameBytes = 255;

/**
 * Refuses the name of a tree entry that must never become part of a path: empty, too long, `.`, `..`, with `/`, NUL or
 * another control character, or `.git` in any of the spellings that some file system takes for it. A backslash may stand in a
 * name, but each part between backslashes follows the same rules. The rules are those of Git's verify_path
 * (read-cache.c) with protectHFS and protectNTFS on, and of go-git's ValidTreePath, so that what Flux refuses is
 * refused here. Throws `UnsafePath`; `folder` is named in the message.
 */
export function checkEntryName(name: string, folder: string): void {
  const problem = entryNameProblem(name);
  if (problem !== undefined) {
    const path = folder === '' ? name : `${folder}/${name}`;
    throw new GitError('UnsafePath', `invalid path ${quoted(path.slice(0, 1024))}: ${problem}`);
  }
}

function entryNameProblem(name: string): string | undefined {
  if (name === '') {
    return 'empty name';
  }
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    return 'contains control character';
  }
  if (Buffer.byteLength(name) > maxNameBytes) {
    return `a name is longer than ${maxNameBytes} bytes`;
  }
  if (name.includes('/')) {
    return 'a name contains a slash';
  }
  if (/^\\+$/.test(name)) {
    return 'a name of backslashes';
  }
  for (const part of name.split('\\')) {
    if (part === '.' || part === '..') {
      return `cannot use ${quoted(part)}`;
    }
    if (dotGit.test(part.replace(hfsIgnored, ''))) {
      return 'refers to a .git directory';
    }
  }
  return undefined;
}

/** Whether some file system takes the name for `.gitmodules`: such an entry must be a plain file, never a symlink. */
export function isDotGitmodules(name: string): boolean {
  return name.split('\\').some((part) => dotGitmodules.test(part.replace(hfsIgnored, '')));
}
