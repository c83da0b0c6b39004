import { GitError, quoted } from './errors.ts';

/** A submodule as `.gitmodules` describes it. */
export interface Submodule {
  readonly name: string;
  readonly path: string;
  readonly url: string;
}

const maxBytes = 1024 * 1024;

/**
 * The submodules of a `.gitmodules` file, by path. It is read as git-config reads it, as far as sections, values,
 * quotes, escapes, comments and continuation lines go. Entries without path or url are left out, and so are those with
 * a suspicious name or path (submodule-config.c, check_submodule_name). Throws `CorruptData` on other syntax.
 */
export function parseGitmodules(content: Buffer): Map<string, Submodule> {
  if (content.length > maxBytes) {
    throw new GitError('TooLarge', `.gitmodules exceeds ${maxBytes} bytes`);
  }
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of logicalLines(content.toString('utf8'))) {
    const header = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/.exec(line);
    const setting = header === null ? line : (header[3] ?? '');
    if (header !== null) {
      current = sectionOf(sections, header[1] ?? '', header[2]);
    }
    readSetting(setting, current);
  }
  const modules = new Map<string, Submodule>();
  for (const [name, settings] of sections) {
    const path = settings.get('path') ?? '';
    const url = settings.get('url') ?? '';
    if (path !== '' && url !== '' && isPlainName(name) && isPlainName(path)) {
      modules.set(path, { name, path, url });
    }
  }
  return modules;
}

function logicalLines(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .replace(/(?<!\\)((?:\\\\)*)\\\n/g, '$1')
    .split('\n')
    .map((line) => line.trim());
}

function sectionOf(
  sections: Map<string, Map<string, string>>,
  section: string,
  name: string | undefined,
): Map<string, string> | undefined {
  if (section.toLowerCase() !== 'submodule' || name === undefined) {
    return undefined;
  }
  const plain = name.replace(/\\(.)/g, '$1');
  const settings = sections.get(plain) ?? new Map<string, string>();
  sections.set(plain, settings);
  return settings;
}

function readSetting(line: string, section: Map<string, string> | undefined): void {
  if (line === '' || line.startsWith('#') || line.startsWith(';')) {
    return;
  }
  const match = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(line);
  if (match === null) {
    throw new GitError('CorruptData', `invalid line in .gitmodules: ${quoted(line.slice(0, 80))}`);
  }
  section?.set((match[1] ?? '').toLowerCase(), unquote(match[2] ?? 'true'));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '"': '"', '\\': '\\' };

/** A value without its quotes, escapes and comment; blanks count inside quotes only. */
function unquote(text: string): string {
  let value = '';
  let pendingBlanks = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '"') {
      quoted = !quoted;
    } else if (!quoted && (character === '#' || character === ';')) {
      break;
    } else if (!quoted && /\s/.test(character)) {
      pendingBlanks += character;
    } else {
      value += pendingBlanks + (character === '\\' ? escaped(text[++at]) : character);
      pendingBlanks = '';
    }
  }
  if (quoted) {
    throw new GitError('CorruptData', 'an unclosed quote in .gitmodules');
  }
  return value;
}

function escaped(character: string | undefined): string {
  const meaning = escapes[character ?? ''];
  if (meaning === undefined) {
    throw new GitError('CorruptData', 'an invalid escape in .gitmodules');
  }
  return meaning;
}

function isPlainName(name: string): boolean {
  return !name.startsWith('-') && !name.includes('\0') && !name.split(/[/\\]/).includes('..');
}
