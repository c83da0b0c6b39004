/**
 * Records what the original builds from the fixtures of the kustomize engine.
 *
 * Usage: node tools/record-kustomize.ts KUSTOMIZE
 *
 * KUSTOMIZE is the program, of the version in `testdata/version.txt` (`go install` of
 * sigs.k8s.io/kustomize/kustomize/v5). Writes `expected.yaml`, or `expected-error.txt` without the tree's own path,
 * beside every `case.json`.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Fixture {
  readonly dir: string;
  readonly options?: { readonly loadRestrictions?: 'none' };
}

const testdata = join(import.meta.dirname, '../src/engines/kustomize/testdata');
const [program = ''] = process.argv.slice(2);
const version = spawnSync(program, ['version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
if (version === '') {
  console.error('usage: record-kustomize KUSTOMIZE');
  process.exitCode = 2;
} else {
  for (const file of globSync('**/case.json', { cwd: testdata })) record(join(testdata, dirname(file)));
  writeFileSync(join(testdata, 'version.txt'), `${version}\n`);
}

function record(folder: string): void {
  const { dir, options } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Fixture;
  const tree = join(folder, 'tree');
  const restrictor = options?.loadRestrictions === 'none' ? 'LoadRestrictionsNone' : 'LoadRestrictionsRootOnly';
  const { status, stdout, stderr } = spawnSync(program, ['build', '--load-restrictor', restrictor, join(tree, dir)], {
    encoding: 'utf8',
  });
  const [expected, expectedError] = [join(folder, 'expected.yaml'), join(folder, 'expected-error.txt')];
  rmSync(status === 0 ? expectedError : expected, { force: true });
  if (status === 0) writeFileSync(expected, stdout);
  else writeFileSync(expectedError, stderr.replaceAll(tree, '').replaceAll(/&\{0x[0-9a-f]+/g, '&{PTR'));
}
