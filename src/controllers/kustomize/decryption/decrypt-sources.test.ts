import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryTree } from '../../../lib/memory-tree.ts';
import type { Tree } from '../../../lib/tree.ts';
import { DataKeys } from '../../../sops/data-keys.ts';
import { decryptSources } from './decrypt-sources.ts';
import { DecryptedTree } from './decrypted-tree.ts';
import { EncryptedFiles } from './encrypted-files.ts';

const { signal } = new AbortController();

function decrypt(tree: Tree, dir = '.'): Promise<void> {
  return decryptSources(dir, { tree: new DecryptedTree(tree, new EncryptedFiles()), keys: new DataKeys({}), signal });
}

/** A tree in which each directory down to a depth has two links to one and the same next directory. */
function branching(depth: number): Tree {
  const file = new TextEncoder().encode('resources: [a, b]');
  const isDir = (path: string): boolean =>
    path.split('/').every((part) => /^[ab.]?$/.test(part)) &&
    path.split('/').filter((part) => part !== '.').length <= depth;
  const isFile = (path: string): boolean =>
    /(^|\/)kustomization\.yaml$/.test(path) && isDir(path.replace(/\/?[^/]*$/, ''));
  return {
    stat: (path) => (isFile(path) ? 'file' : isDir(path) ? 'dir' : undefined),
    readFile: (path) => (isFile(path) ? file : undefined),
    list: () => [],
  };
}

test('links that make endless paths, or endlessly many, end in an error', async () => {
  await assert.rejects(decrypt(branching(Number.POSITIVE_INFINITY)), /over more than 100 levels$/);
  await assert.rejects(decrypt(branching(40)), /more than 10000 kustomizations$/);
});

test('what is not encrypted, remote, or no kustomization is left to the build', async () => {
  await decrypt(
    memoryTree({
      'kustomization.yaml': `
resources: [a.yaml, https://example.com/x.yaml, github.com/a/b//c?ref=v1, missing, base]
secretGenerator: [{name: x, files: [key=plain], envs: [plain]}]
patches: [{path: https://example.com/p.yaml}, {patch: "a: b"}]
`,
      plain: 'mac: ENC[ is no mark',
      'base/kustomization.yml': 'resources: [../base, ..]',
    }),
  );
});

const refused: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly want: RegExp;
}[] = [
  { name: 'a directory without a kustomization', files: { 'x/a.yaml': '' }, want: /: no kustomization file found$/ },
  {
    name: 'two kustomizations in a directory',
    files: { 'x/kustomization.yaml': '', 'x/Kustomization': '' },
    want: /: found multiple kustomization files$/,
  },
  {
    name: 'no YAML',
    files: { 'x/kustomization.yaml': 'a: [' },
    want: /failed to unmarshal kustomization file from 'x\//,
  },
  {
    name: 'a file outside of the artifact',
    files: { 'x/kustomization.yaml': 'secretGenerator: [{name: x, envs: [/etc/shadow]}]' },
    want: /: lstat etc\/shadow: no such file or directory$/,
  },
  {
    name: 'a directory as a file',
    files: { 'x/kustomization.yaml': 'secretGenerator: [{name: x, files: [../x]}]' },
    want: /: lstat x: no such file or directory$/,
  },
];

for (const { name, files, want } of refused) {
  test(`${name}: refused`, () => assert.rejects(decrypt(memoryTree(files), 'x'), want));
}
