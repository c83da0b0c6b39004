import type { ArchiveEntry } from '../../artifact/archive.ts';
import { ArtifactError } from '../../artifact/artifact-error.ts';
import { type IgnoreMatcher, ignoreMatcher } from '../../artifact/ignore.ts';
import { Fault } from '../../runtime/fault.ts';
import type { SourceFiles } from './source-files.ts';

/**
 * What of the files gets into the artifact: all but what the rules in them, and those of `spec.ignore`, leave out. Throws
 * a retry fault when the rules cannot be read.
 */
export function keptEntries(files: SourceFiles, specIgnore: string | undefined): Iterable<ArchiveEntry> {
  return kept(files.entries(), loadIgnoreRules(files, specIgnore));
}

function loadIgnoreRules(files: SourceFiles, specIgnore: string | undefined): IgnoreMatcher {
  try {
    return ignoreMatcher(files.ignoreFiles(), specIgnore);
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof ArtifactError)) throw error;
    const message = `failed to load source ignore patterns from repository: ${error.message}`;
    throw new Fault('retry', 'SourceIgnoreError', message, { cause: error });
  }
}

function* kept(entries: Iterable<ArchiveEntry>, isIgnored: IgnoreMatcher): Generator<ArchiveEntry> {
  for (const entry of entries) {
    if (!isIgnored(entry.path, entry.type === 'dir')) yield entry;
  }
}
