import { ArtifactError } from './artifact-error.ts';
import { compileGlob, type Glob } from './glob.ts';

/** The rules files that are read at any depth of a source (pkg/sourceignore). */
export const ignoreFileName = '.sourceignore';

const vcsPatterns = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];

const defaultPatterns = [
  ...['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'],
  ...['.github/', '.circleci/', '.travis.yml', '.gitlab-ci.yml', 'appveyor.yml', '.drone.yml'],
  ...['cloudbuild.yaml', 'codeship-services.yml', 'codeship-steps.yml'],
  ...['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'],
];

/** Whether the file or directory at a path (relative, with `/`) stays out of the artifact. */
export type IgnoreMatcher = (path: string, isDir: boolean) => boolean;

export interface IgnoreFile {
  /** The directory it lies in, relative, '' for the root. */
  readonly dir: string;
  readonly text: string;
}

/**
 * The matcher of one source: its `.sourceignore` files (in the order of a directory walk, outermost first) and
 * `spec.ignore`. Later rules win. Each path is judged by itself: unlike in git, a rule may take back a file whose
 * directory is ignored.
 *
 * The built-in exclusions apply when nothing else says anything; with rules of either kind only those for version
 * control files remain (pkg/artifact/storage/archive.go, SourceIgnoreFilter).
 *
 * The matcher throws {@link ArtifactError} `TooLarge` once it has been asked for more comparisons than any sane set of
 * rules needs, so that a repository cannot keep the process busy with it.
 */
export function ignoreMatcher(files: readonly IgnoreFile[], specIgnore?: string): IgnoreMatcher {
  const own = [
    ...files.flatMap((file) => readPatterns(file.text, file.dir)),
    ...(specIgnore === undefined ? [] : readPatterns(specIgnore, '')),
  ];
  const builtIn = own.length > 0 ? vcsPatterns : [...vcsPatterns, ...defaultPatterns];
  const patterns = [...builtIn.map((text) => parsePattern(text, [])), ...own].reverse();
  let comparisons = 0;
  return (path, isDir) => {
    comparisons += patterns.length;
    if (comparisons > maxComparisons) {
      throw new ArtifactError('TooLarge', `${patterns.length} ignore rules are too many for this number of files`);
    }
    const segments = path.split('/');
    return patterns.find((pattern) => matches(pattern, segments, isDir))?.inclusion === false;
  };
}

/** A second or two of work. */
const maxComparisons = 20_000_000;

/** One rule (pkg/sourceignore/gitignore/pattern.go, which is go-git's with trailing blanks as git has them). */
interface Pattern {
  /** Segments of the directory whose rules file holds it. */
  readonly domain: readonly string[];
  readonly segments: readonly Segment[];
  readonly inclusion: boolean;
  readonly dirOnly: boolean;
}

interface Segment {
  readonly text: string;
  readonly glob: Glob;
}

/** Lines longer than bufio.Scanner takes end the reading, as upstream. */
const maxLineLength = 64 * 1024;

function readPatterns(text: string, dir: string): readonly Pattern[] {
  const domain = dir === '' ? [] : dir.split('/');
  const patterns: Pattern[] = [];
  for (const raw of text.split('\n')) {
    if (raw.length >= maxLineLength) break;
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (!line.startsWith('#') && line.trim() !== '') patterns.push(parsePattern(line, domain));
  }
  return patterns;
}

function parsePattern(line: string, domain: readonly string[]): Pattern {
  const inclusion = line.startsWith('!');
  let text = inclusion ? line.slice(1) : line;
  if (!text.endsWith('\\ ')) text = trimEndBlanks(text);
  const dirOnly = text.endsWith('/');
  if (dirOnly) text = text.slice(0, -1);
  const segments = text.split('/').map((segment) => ({ text: segment, glob: compileGlob(segment) }));
  return { domain, segments, inclusion, dirOnly };
}

/** Without the blanks at the end; other white space stays, as it does upstream. */
function trimEndBlanks(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ') end--;
  return text.slice(0, end);
}

function matches(pattern: Pattern, path: readonly string[], isDir: boolean): boolean {
  const { domain } = pattern;
  if (path.length <= domain.length || !domain.every((segment, i) => path[i] === segment)) return false;
  const below = domain.length === 0 ? path : path.slice(domain.length);
  return pattern.segments.length > 1 ? matchesPath(pattern, below, isDir) : matchesAnyName(pattern, below, isDir);
}

/** A rule without a slash: any segment of the path may match. */
function matchesAnyName(pattern: Pattern, path: readonly string[], isDir: boolean): boolean {
  const found = path.findIndex((name) => pattern.segments[0]?.glob(name) === true);
  return found >= 0 && !(pattern.dirOnly && !isDir && found === path.length - 1);
}

/** A rule with a slash: anchored, and it also matches everything below what it names. */
function matchesPath(pattern: Pattern, path: readonly string[], isDir: boolean): boolean {
  let at = 0;
  let matched = false;
  let skipsDirs = false;
  for (const [i, { text, glob }] of pattern.segments.entries()) {
    if (text === '**' && i === pattern.segments.length - 1) break;
    if (text === '' || text === '**') {
      skipsDirs = text === '**';
      continue;
    }
    if (text.includes('**') || at >= path.length) return false;
    const from = at;
    const found = skipsDirs
      ? path.findIndex((name, index) => index >= from && glob(name))
      : glob(path[at] ?? '')
        ? at
        : -1;
    if (found < 0) return false;
    matched = true;
    skipsDirs = false;
    at = found + 1;
  }
  return matched && !(pattern.dirOnly && !isDir && at === path.length);
}
