import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packedChart } from '../../../../test/support/chart-repository.ts';
import { packChart, unpackChart } from '../../../artifact/chart-archive.ts';
import { tarChecksum } from '../../../artifact/tar-header.ts';
import { loadChart } from '../../../engines/helm/chart/load.ts';
import type { Build, BuildOptions } from './build.ts';
import { BuildError, type BuildErrorReason } from './build-error.ts';
import { buildLocal } from './build-local.ts';
import { ChartNotFound, type ChartSource } from './charts.ts';
import { plainBuild, writeFiles } from './testing.ts';

const { signal } = new AbortController();

describe('buildLocal', () => {
  let root: string;
  let asked: string[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-chart-'));
    asked = [];
  });
  afterEach(() => rm(root, { recursive: true }));

  const source: ChartSource = {
    find: async (name, version) => {
      if (name !== 'remote') throw new ChartNotFound('no chart name found');
      asked.push(`${name} ${version}`);
      return { name, version: '1.2.3', download: async () => packedChart({ name, version: '1.2.3' }) };
    },
  };

  function build(path: string, options: Partial<BuildOptions> = {}): Promise<Build> {
    const open = async () => ({ source, deadline: () => signal });
    return buildLocal({ root, path }, { ...plainBuild, ...options }, open, signal);
  }

  const refusal = (reason: BuildErrorReason, text: RegExp) => (error: unknown) =>
    error instanceof BuildError && error.reason === reason && text.test(error.message);

  const chart = (name: string, more = ''): string => `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n${more}`;

  const filesOf = ({ archive = new Uint8Array() }: Build): Record<string, string> =>
    Object.fromEntries(unpackChart(archive).map(({ name, data }) => [name, Buffer.from(data).toString('utf8')]));

  it('packs a directory: what .helmignore names stays out, the same files give the same bytes', async () => {
    await writeFiles(root, {
      'charts/demo/Chart.yaml': chart('demo', 'extra: dropped\n'),
      'charts/demo/values.yaml': '# a comment\na: 1\n',
      'charts/demo/templates/a.yaml': 'a',
      'charts/demo/notes.txt': '\ufefftext',
      'charts/demo/secret.txt': 'no',
      'charts/demo/.helmignore': 'secret.txt\n',
    });
    const first = await build('./charts/demo');
    assert.deepEqual(filesOf(first), {
      'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\n',
      'values.yaml': '# a comment\na: 1\n',
      'templates/a.yaml': 'a',
      '.helmignore': 'secret.txt\n',
      'notes.txt': 'text',
    });
    assert.deepEqual((await build('charts/demo')).archive, first.archive);
    assert.deepEqual([first.name, first.version, first.packaged], ['demo', '0.1.0', true]);
  });

  it('takes an archive as it is, and packs it anew where something changes', async () => {
    const archive = packedChart({ name: 'demo', version: '0.1.0', files: { 'values.yaml': 'a: 1\n' } });
    await writeFiles(root, { 'demo.tgz': archive, 'prod.yaml': 'b: 2\n' });
    const plain = await build('demo.tgz');
    assert.deepEqual([plain.packaged, Buffer.from(plain.archive ?? [])], [false, Buffer.from(archive)]);
    const changed = await build('demo.tgz', { valuesFiles: ['prod.yaml'], versionMetadata: '7' });
    assert.deepEqual([changed.version, changed.valuesFiles], ['0.1.0+7', ['prod.yaml']]);
    assert.equal(filesOf(changed)['values.yaml'], 'b: 2\n');
  });

  it('makes nothing when the artifact is that chart already', async () => {
    await writeFiles(root, { 'demo/Chart.yaml': chart('demo') });
    const built = await build('demo', { present: { name: 'demo', version: '0.1.0' } });
    assert.equal(built.archive, undefined);
    assert.notEqual((await build('demo', { present: { name: 'demo', version: '0.2.0' } })).archive, undefined);
  });

  describe('dependencies', () => {
    const umbrella = (dependencies: string): string => chart('umbrella', `dependencies:\n${dependencies}`);
    const names = ({ archive = new Uint8Array() }: Build): readonly string[] =>
      loadChart(unpackChart(archive)).dependencies.map(({ metadata }) => `${metadata.name} ${metadata.version}`);

    it('come from beside the chart and from repositories, under their aliases', async () => {
      const dependencies = `
- {name: lib, version: 0.x, repository: 'file://../lib'}
- {name: remote, version: '>1', repository: 'https://example.com', alias: second}
- {name: here, version: 0.1.0}
`;
      await writeFiles(root, {
        'u/Chart.yaml': umbrella(dependencies),
        'u/charts/here/Chart.yaml': chart('here'),
        'lib/Chart.yaml': chart('lib'),
      });
      const built = await build('u');
      assert.deepEqual(names(built).toSorted(), ['here 0.1.0', 'lib 0.1.0', 'second 1.2.3']);
      assert.deepEqual([built.resolvedDependencies, asked], [2, ['remote >1']]);
    });

    it('have the versions of the lock', async () => {
      await writeFiles(root, {
        'u/Chart.yaml': umbrella("- {name: remote, version: '*', repository: 'https://example.com'}\n"),
        'u/Chart.lock': 'dependencies:\n- {name: remote, version: 1.2.3, repository: https://example.com}\ndigest: x\n',
      });
      const built = await build('u');
      assert.deepEqual([asked, names(built)], [['remote 1.2.3'], ['remote 1.2.3']]);
      assert.match(filesOf(built)['Chart.lock'] ?? '', /^dependencies:\n- name: remote\n/);
    });

    const failures: readonly { name: string; dependency: string; want: RegExp }[] = [
      {
        name: 'a directory that is not there',
        dependency: "repository: 'file://../gone'",
        want: /no chart found at '\/gone' \(reference 'file:\/\/\.\.\/gone'\)$/,
      },
      {
        name: 'a chart that the repository has not',
        dependency: "name: ghost, repository: 'https://example.com'",
        want: /no chart name found$/,
      },
      {
        name: 'a name for a repository',
        dependency: "repository: '@stable'",
        want: /aliased repository dependency is not supported/,
      },
      {
        name: 'a repository of another kind',
        dependency: "repository: 'git+https://example.com'",
        want: /invalid dependency repository URL/,
      },
      {
        name: 'another version',
        dependency: "version: 9.x, repository: 'file://../lib'",
        want: /can't get a valid version for constraint '9\.x'$/,
      },
      {
        name: 'what is no range',
        dependency: "version: newest, repository: 'file://../lib'",
        want: /invalid version\/constraint format 'newest'/,
      },
      {
        name: 'a path out of the source',
        dependency: "repository: 'file://../../../../../../etc'",
        want: /no chart found at '\/etc'/,
      },
    ];
    for (const { name, dependency, want } of failures) {
      it(`tells of ${name}`, async () => {
        const fields = ['name: lib', "version: '*'", dependency];
        const byKey = Object.fromEntries(
          fields
            .join(', ')
            .split(', ')
            .map((field) => field.split(/: (.*)/s)),
        );
        const text = Object.entries(byKey).map(([key, value]) => `${key}: ${value}`);
        await writeFiles(root, {
          'u/Chart.yaml': umbrella(`- {${text.join(', ')}}\n`),
          'lib/Chart.yaml': chart('lib'),
        });
        await assert.rejects(build('u'), refusal('DependencyBuildError', want));
      });
    }
  });

  describe('values files', () => {
    beforeEach(() =>
      writeFiles(root, {
        'demo/Chart.yaml': chart('demo'),
        'demo/values.yaml': 'a: 1\nb: {c: 1, d: 1}\n',
        'env/prod.yaml': 'b: {d: 2}\n',
        'env/list.yaml': '- 1\n',
      }),
    );

    it('are those of the source, the later ones winning', async () => {
      const built = await build('demo', { valuesFiles: ['demo/values.yaml', './env/prod.yaml'] });
      assert.deepEqual(built.valuesFiles, ['demo/values.yaml', './env/prod.yaml']);
      assert.equal(filesOf(built)['values.yaml'], 'a: 1\nb:\n  c: 1\n  d: 2\n');
    });

    it('may be missing when that was asked for', async () => {
      const valuesFiles = ['env/ghost.yaml', 'env/prod.yaml'];
      const missing = /no values file found at path '\/env\/ghost\.yaml' \(reference 'env\/ghost\.yaml'\)$/;
      await assert.rejects(build('demo', { valuesFiles }), refusal('ValuesFilesError', missing));
      const built = await build('demo', { valuesFiles, ignoreMissingValuesFiles: true });
      assert.deepEqual(built.valuesFiles, ['env/prod.yaml']);
    });

    it('are no files outside of the source, no directories, and no lists', async () => {
      for (const path of ['../../../../../../etc/passwd', '/etc/passwd', 'env', 'env/list.yaml'])
        await assert.rejects(build('demo', { valuesFiles: [path] }), refusal('ValuesFilesError', /values/), path);
    });
  });

  describe('refuses', () => {
    const bomb = gzipSync(Buffer.alloc(101 * 1024 ** 2));
    const cases: readonly {
      name: string;
      files: Record<string, string | Uint8Array>;
      path?: string;
      want: RegExp;
      reason?: BuildErrorReason;
    }[] = [
      { name: 'a path that is not there', files: {}, want: /stat demo: no such file or directory$/ },
      { name: 'an absolute path', files: {}, path: '/etc', want: /expected to be relative$/ },
      {
        name: 'a path out of the source',
        files: {},
        path: '../../../../../../../etc',
        want: /no such file or directory$/,
      },
      { name: 'a directory without a chart', files: { 'demo/x': '' }, want: /open demo\/Chart\.yaml: no such file/ },
      {
        name: 'a chart without a name',
        files: { 'demo/Chart.yaml': 'apiVersion: v2\nversion: 1.0.0\n' },
        want: /name is required$/,
      },
      {
        name: 'a name that leads elsewhere',
        files: { 'demo/Chart.yaml': chart('../../x') },
        want: /"\.\.\/\.\.\/x" is invalid$/,
      },
      {
        name: 'a name that is the directory above',
        files: { 'demo/Chart.yaml': chart('..') },
        want: /is not allowed$/,
      },
      {
        name: 'a version that is none',
        files: { 'demo/Chart.yaml': 'apiVersion: v2\nname: demo\nversion: x\n' },
        want: /version "x" is invalid$/,
      },
      { name: 'a file that is no archive', files: { demo: 'text' }, want: /not a gzipped archive$/ },
      { name: 'an archive that unpacks without end', files: { demo: bomb }, want: /larger than the maximum size/ },
      {
        name: 'an archive that leaves its directory',
        files: { demo: packed('demo/a/../../../x') },
        want: /cannot be packed|parent directory/,
      },
      {
        name: 'a large file',
        files: { 'demo/Chart.yaml': chart('demo'), 'demo/big': Buffer.alloc(6 * 1024 ** 2) },
        reason: 'ChartPackageError',
        want: /cannot load file big as file size \(6291456\) exceeds limit/,
      },
      {
        name: 'values that are no YAML',
        files: { 'demo/Chart.yaml': chart('demo'), 'demo/values.yaml': 'a: [' },
        reason: 'ChartPackageError',
        want: /failed to load chart from \/demo\/: cannot load values\.yaml/,
      },
      {
        name: 'ignore rules that are none',
        files: { 'demo/Chart.yaml': chart('demo'), 'demo/.helmignore': 'a/**/b\n' },
        reason: 'ChartPackageError',
        want: /double-star/,
      },
    ];
    for (const { name, files, path = 'demo', want, reason = 'InvalidChartReference' } of cases) {
      it(name, async () => {
        await writeFiles(root, files);
        await assert.rejects(build(path), refusal(reason, want));
      });
    }
  });
});

/** An archive with a member of that name, which ours would not write. */
function packed(name: string): Uint8Array {
  const plain = `demo/${'x'.repeat(name.length - 'demo/'.length)}`;
  const archive = packChart('demo', [
    { name: 'Chart.yaml', data: Buffer.from('name: demo\nversion: 1.0.0\n') },
    { name: plain.slice('demo/'.length), data: Buffer.from('x') },
  ]);
  const tar = gunzipSync(archive);
  const at = tar.indexOf(plain);
  tar.write(name, at, 'latin1');
  const header = tar.subarray(at, at + 512);
  header.write(`${tarChecksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return gzipSync(tar);
}
