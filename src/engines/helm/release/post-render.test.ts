import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManifestError } from './manifests.ts';
import { postRendered } from './post-render.ts';

const hook = 'kind: Job\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: pre-install\n';
const files = new Map([
  ['c/templates/b.yaml', 'kind: Service\nmetadata:\n  name: s\n---\nkind: ConfigMap\n'],
  ['c/templates/_p.tpl', 'nothing'],
  ['c/templates/a.yaml', hook],
  ['c/templates/e.yaml', '\n \n'],
]);

describe('postRendered', () => {
  it('shows everything in one stream, with the names of the files', () => {
    const seen: string[] = [];
    postRendered(files, {
      run: (stream) => {
        seen.push(stream);
        return stream;
      },
    });
    assert.deepEqual(seen, [
      `${hook}    postrenderer.helm.sh/postrender-filename: c/templates/a.yaml\n` +
        '---\nkind: Service\nmetadata:\n  name: s\n  annotations:\n    postrenderer.helm.sh/postrender-filename: c/templates/b.yaml\n' +
        '---\nkind: ConfigMap\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: c/templates/b.yaml\n',
    ]);
  });

  it('gives every document back to its file', () => {
    const changed = postRendered(files, { run: (stream) => stream.replace('name: s', 'name: t') });
    assert.deepEqual([...changed.keys()], ['c/templates/a.yaml', 'c/templates/b.yaml']);
    assert.equal(changed.get('c/templates/a.yaml'), hook);
    assert.match(
      changed.get('c/templates/b.yaml') ?? '',
      /^kind: Service\nmetadata:\n {2}name: t\n---\nkind: ConfigMap\n/,
    );
  });

  it('names documents that are new', () => {
    const run = (): string => 'kind: A\n---\nkind: B\n';
    assert.deepEqual(
      [...postRendered(files, { run }).keys()],
      ['generated-by-postrender-0.yaml', 'generated-by-postrender-1.yaml'],
    );
    const separate = [...postRendered(files, { strategy: 'separate', run }).keys()];
    assert.deepEqual(
      separate,
      ['hooks', 'manifests'].flatMap((group) =>
        [0, 1].map((index) => `generated-by-postrender-${group}-${index}.yaml`),
      ),
    );
  });

  it('shows hooks apart, or not at all', () => {
    const streams = (strategy: 'separate' | 'nohooks'): number => {
      let count = 0;
      const changed = postRendered(files, {
        strategy,
        run: (stream) => {
          count++;
          return stream;
        },
      });
      assert.equal(changed.get('c/templates/a.yaml'), hook);
      return count;
    };
    assert.deepEqual([streams('separate'), streams('nohooks')], [2, 1]);
  });

  it('refuses what is no YAML', () => {
    assert.throws(() => postRendered(files, { run: () => 'a: [' }), ManifestError);
    assert.throws(() => postRendered(new Map([['a.yaml', 'a: [']]), { run: (stream) => stream }), ManifestError);
  });
});
