import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { diskTree } from '../artifact/disk-tree.ts';
import { build } from '../engines/kustomize/build.ts';
import { BuildError } from '../engines/kustomize/build-error.ts';
import { memoryTree } from '../lib/memory-tree.ts';
import type { Tree } from '../lib/tree.ts';

const secret = 'SECRET of somebody else';
const inside = { 'a.yaml': 'inside a', 'dir/b.yaml': 'inside b', 'dir/deep/c.yaml': 'inside c' };

let outer: string;
let onDisk: Tree;

before(async () => {
  outer = await mkdtemp(join(tmpdir(), 'sluice-confined-'));
  const root = join(outer, 'root');
  await mkdir(join(root, 'dir/deep'), { recursive: true });
  await mkdir(join(outer, 'rootless'));
  for (const [path, content] of Object.entries(inside)) await writeFile(join(root, path), content);
  await writeFile(join(outer, 'secret'), secret);
  await writeFile(join(outer, 'rootless/secret'), secret);
  const links: Readonly<Record<string, string>> = {
    parent: '..',
    'dir/parent': '../..',
    file: '../secret',
    absolute: join(outer, 'secret'),
    neighbour: '../rootless',
    system: '/etc',
    loop: 'loop',
    ping: 'pong',
    pong: 'ping',
    self: '.',
    'dir/up': '..',
    'dir/back': '../../root/dir',
    chain: 'dir/parent/secret',
    good: 'dir/b.yaml',
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
  onDisk = diskTree(root);
});
after(() => rm(outer, { recursive: true }));

const part = fc.constantFrom(
  '..',
  '.',
  '',
  '...',
  '..;',
  '%2e%2e',
  '%2f',
  '..%2f',
  '..\\',
  '\\..\\',
  '‥',
  '․․',
  '．．',
  '\u2044',
  '∕',
  '..\u0000',
  '\u0000',
  'C:',
  '~',
  '-',
  'root',
  'rootless',
  'secret',
  'etc',
  'passwd',
  'proc',
  'self',
  'environ',
  'dir',
  'deep',
  'a.yaml',
  'b.yaml',
  'parent',
  'file',
  'absolute',
  'neighbour',
  'system',
  'loop',
  'ping',
  'up',
  'back',
  'chain',
  'good',
  'é',
  'e\u0301',
  ' ',
  '\n',
  '*',
  '?',
);
const path = fc
  .tuple(
    fc.constantFrom('', '/', '//', './', '../', '\\', 'file:///', 'file://'),
    fc.array(part, { maxLength: 7 }),
    fc.constantFrom('/', '//', '\\'),
  )
  .map(([start, parts, separator]) => start + parts.join(separator));

const known: ReadonlySet<string> = new Set(Object.values(inside));

/** Nothing but what is inside comes out, whatever is asked for. */
function assertConfined(tree: Tree, asked: string): void {
  const type = tree.stat(asked);
  const bytes = tree.readFile(asked);
  const entries = tree.list(asked);
  assert.equal(bytes !== undefined, type === 'file', asked);
  assert.equal(entries !== undefined, type === 'dir', asked);
  if (bytes !== undefined) assert.ok(known.has(Buffer.from(bytes).toString()), asked);
  for (const { name } of entries ?? [])
    assert.ok(!['secret', 'rootless', 'passwd', 'root'].includes(name), `${asked} has ${name}`);
}

describe('no path leaves', () => {
  it('a folder on the disk', () => {
    fc.assert(
      fc.property(path, (asked) => assertConfined(onDisk, asked)),
      { seed: 51, numRuns: 4000 },
    );
  });

  it('a tree in memory', () => {
    const tree = memoryTree(inside);
    fc.assert(
      fc.property(path, (asked) => assertConfined(tree, asked)),
      { seed: 52, numRuns: 4000 },
    );
  });

  it('a build, in any field that names a file', () => {
    const field = fc.constantFrom<(named: string) => object>(
      (named) => ({ resources: [named] }),
      (named) => ({ components: [named] }),
      (named) => ({ patches: [{ path: named }] }),
      (named) => ({ configMapGenerator: [{ name: 'g', files: [`k=${named}`] }] }),
      (named) => ({ configMapGenerator: [{ name: 'g', envs: [named] }] }),
      (named) => ({ configurations: [named] }),
      (named) => ({ crds: [named] }),
      (named) => ({ openapi: { path: named } }),
      (named) => ({ replacements: [{ path: named }] }),
      (named) => ({ transformers: [named] }),
      (named) => ({ generators: [named] }),
    );
    fc.assert(
      fc.property(field, path, (make, named) => {
        const file = JSON.stringify(make(named));
        const tree: Tree = {
          stat: (asked) => (asked === 'kustomization.yaml' ? 'file' : onDisk.stat(asked)),
          readFile: (asked) => (asked === 'kustomization.yaml' ? Buffer.from(file) : onDisk.readFile(asked)),
          list: (asked) => onDisk.list(asked),
        };
        let text: string;
        try {
          text = build(tree, '', { loadRestrictions: 'none' }).toYaml();
        } catch (error) {
          assert.ok(error instanceof BuildError, String((error as Error).stack));
          text = error.message;
        }
        assert.ok(!text.includes(secret) && !text.includes(btoa(secret)) && !text.includes('root:x:'), file);
      }),
      { seed: 53, numRuns: 1500 },
    );
  });
});
