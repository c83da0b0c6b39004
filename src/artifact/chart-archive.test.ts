import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { ArtifactError } from './artifact-error.ts';
import { unpackChart } from './chart-archive.ts';

interface Member {
  readonly name: string;
  readonly text?: string;
  readonly type?: 'file' | 'symlink' | 'directory';
}

async function archive(members: readonly Member[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { name, text = '', type = 'file' } of members)
    tar.entry({ name, type, ...(type === 'symlink' ? { linkname: '/etc/passwd' } : {}) }, type === 'file' ? text : '');
  tar.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of tar) parts.push(part as Uint8Array);
  return gzipSync(Buffer.concat(parts));
}

const chart: readonly Member[] = [{ name: 'demo/Chart.yaml', text: 'name: demo\n' }];
const names = (packed: Uint8Array): readonly string[] => unpackChart(packed).map(({ name }) => name);

describe('unpackChart', () => {
  it('gives the files below the directory of the chart', async () => {
    const packed = await archive([
      ...chart,
      { name: 'demo/', type: 'directory' },
      { name: 'demo/templates/./a.yaml', text: 'a' },
    ]);
    assert.deepEqual(names(packed), ['Chart.yaml', 'templates/a.yaml']);
  });

  it('cuts off the mark of UTF-8', async () => {
    const [file] = unpackChart(await archive([{ name: 'demo/values.yaml', text: '\ufeffa: 1' }]));
    assert.equal(new TextDecoder('utf-8', { ignoreBOM: true }).decode(file?.data), 'a: 1');
  });

  it('leaves links out', async () => {
    assert.deepEqual(names(await archive([...chart, { name: 'demo/link', type: 'symlink' }])), ['Chart.yaml']);
  });

  const refused: readonly (readonly [name: string, members: readonly Member[]])[] = [
    ['a path out of the chart', [...chart, { name: 'demo/../../etc/passwd' }]],
    ['a path out of the chart, with backslashes', [...chart, { name: 'demo\\..\\..\\x' }]],
    ['an absolute path in the chart', [...chart, { name: 'demo//etc/passwd' }]],
    ['a drive', [...chart, { name: 'demo/c:/x' }]],
    ['a chart without a directory', [{ name: 'Chart.yaml' }]],
    ['nothing', []],
    ['a file that is too large', [{ name: 'demo/big', text: ' '.repeat((5 << 20) + 1) }]],
  ];
  for (const [name, members] of refused)
    it(`refuses ${name}`, async () => {
      const packed = await archive(members);
      assert.throws(() => unpackChart(packed), ArtifactError);
    });

  it('refuses a bomb', () => {
    assert.throws(() => unpackChart(gzipSync(Buffer.alloc((100 << 20) + 1))), ArtifactError);
  });

  it('ends with files or an error for any damage', async () => {
    const packed = await archive([...chart, { name: 'demo/values.yaml', text: 'a: 1\n' }]);
    const check = ([at, byte]: readonly [number, number]): void => {
      const damaged = Uint8Array.from(packed);
      damaged[at] = byte;
      try {
        assert.ok(unpackChart(damaged).length > 0);
      } catch (error) {
        assert.ok(error instanceof ArtifactError, String(error));
      }
    };
    fc.assert(fc.property(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), check), { seed: 6, numRuns: 300 });
  });
});
