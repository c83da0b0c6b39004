import { build } from '../../src/engines/kustomize/build.ts';
import { memoryTree } from '../../src/lib/memory-tree.ts';
import type { Tree } from '../../src/lib/tree.ts';
import { answered, type Suite } from './case-file.ts';
import { compareYaml } from './compare.ts';

interface Expectation {
  readonly yaml?: string;
  readonly error?: string;
  readonly errorContains?: string;
}

/** A whole build, recorded from kustomize v5.8.2. */
export interface KustomizeCase {
  readonly name: string;
  readonly group: string;
  readonly options: {
    readonly reorder: 'none' | 'legacy' | 'unspecified';
    readonly loadRestrictions: 'rootOnly' | 'none';
    readonly addManagedByLabel: boolean;
  };
  readonly dir: string;
  readonly files: Readonly<Record<string, string>>;
  readonly filesBase64?: Readonly<Record<string, string>>;
  readonly emptyDirs?: readonly string[];
  readonly expect: Expectation;
  readonly versions?: Readonly<Record<string, Expectation>>;
}

/** The files of a case; absolute names and `..` at the root are names in the tree. */
export function treeOf(testCase: Pick<KustomizeCase, 'files' | 'filesBase64' | 'emptyDirs'>): Tree {
  const files: Record<string, string | Uint8Array> = { ...testCase.files };
  for (const [path, text] of Object.entries(testCase.filesBase64 ?? {})) files[path] = Buffer.from(text, 'base64');
  const inside = Object.entries(files).map(([path, content]) => [path.replace(/^\/+/, ''), content]);
  return memoryTree(Object.fromEntries(inside), testCase.emptyDirs);
}

/** Judges by the answer of one release. */
export function kustomizeSuite(version: 'v5.8.1' | 'v5.8.2'): Suite<KustomizeCase> {
  const expected = (testCase: KustomizeCase): Expectation =>
    (version === 'v5.8.1' ? testCase.versions?.[version] : undefined) ?? testCase.expect;
  return {
    answer: (testCase) =>
      answered(testCase.name, () =>
        build(treeOf(testCase), testCase.dir, { ...testCase.options, managedByVersion: '(test)', version }).toYaml(),
      ),
    judge: (testCase, { output, error }) => {
      const { yaml } = expected(testCase);
      if (yaml === undefined) return error === undefined ? 'wrong' : 'bytes';
      return output === undefined ? 'wrong' : compareYaml(output, yaml);
    },
  };
}
