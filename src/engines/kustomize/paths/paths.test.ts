import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { jsonValue } from '../../../yaml/json-value.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { baseName, cleanPath, isBelow, joinPath } from './join.ts';
import { matchPath } from './match.ts';
import { compileAnchored, compileRegex } from './regex.ts';
import { splitFieldPath, splitPath } from './split.ts';

describe('paths in the tree', () => {
  it('never go above the root', () => {
    for (const [dir, path, want] of [
      ['', '.', ''],
      ['a', 'b', 'a/b'],
      ['a/b', '../c', 'a/c'],
      ['a', '../../../etc/passwd', 'etc/passwd'],
      ['a', '/etc', 'etc'],
      ['a', './b//c/', 'a/b/c'],
      ['', '%2e%2e/x', '%2e%2e/x'],
    ] as const) {
      assert.equal(joinPath(dir, path), want, `${dir} + ${path}`);
    }
    assert.equal(cleanPath('/a/../../b/./c'), 'b/c');
    assert.equal(baseName('a/b.txt'), 'b.txt');
  });

  it('are below a directory by whole names', () => {
    assert.ok(isBelow('a/b', 'a'));
    assert.ok(isBelow('a', 'a'));
    assert.ok(isBelow('a', ''));
    assert.ok(!isBelow('ab', 'a'));
  });
});

describe('field paths', () => {
  it('are split at dots that stand alone', () => {
    assert.deepEqual(splitFieldPath('metadata.annotations.[a.b/c].x'), ['metadata', 'annotations', 'a.b/c', 'x']);
    assert.deepEqual(splitFieldPath('data.conf\\.yaml.a'), ['data', 'conf.yaml', 'a']);
    assert.deepEqual(splitFieldPath('spec.containers.[name=web].image'), ['spec', 'containers', '[name=web]', 'image']);
    assert.deepEqual(splitPath('a/b\\/c', '/'), ['a', 'b/c']);
  });

  it('lead to every item that they match', () => {
    const text = 'l:\n- name: a1\n  v: 1\n- name: a2\n  v: 2\n- name: b\n  v: 3\n';
    const values = (path: string[]): unknown[] => {
      const [node] = parseNodes(text);
      assert.ok(node !== undefined);
      return matchPath(node, path).map(jsonValue);
    };
    assert.deepEqual(values(['l', '*', 'v']), [1, 2, 3]);
    assert.deepEqual(values(['l', '[name=a.*]', 'v']), [1, 2]);
    assert.deepEqual(values(['l', '1', 'v']), [2]);
    assert.deepEqual(values(['l', '[name=none]', 'v']), []);
  });
});

describe('patterns', () => {
  it('are anchored in selectors', () => {
    assert.ok(compileAnchored('a|b').test('b'));
    assert.ok(!compileAnchored('a|b').test('ab'));
    assert.ok(compileAnchored('').test('anything'));
  });

  it('are those of Go: no backtracking, no look-around', () => {
    assert.throws(() => compileRegex('(?=a)'));
    assert.throws(() => compileRegex('(a)\\1'));
    assert.ok(compileRegex('(a+)+$').test(`${'a'.repeat(50)}`));
    assert.ok(!compileRegex('^(a+)+$').test(`${'a'.repeat(50)}b`));
    assert.ok(!compileRegex(`${'.?'.repeat(40)}b`).test('a'.repeat(40)));
  });

  it('mean the same whether they run natively or not', () => {
    const part = fc.constantFrom('a', 'b', '.', '.*', '[a-b]+', '[b]', '^', '$', '|', '(', '(?:', ')', '\\.', '?', '-');
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 6 });
    const answer = (test: () => boolean): boolean | 'refused' => {
      try {
        return test();
      } catch {
        return 'refused';
      }
    };
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(text, { maxLength: 8 }), (parts, texts) => {
        const pattern = parts.join('');
        for (const one of texts) {
          const original = answer(() => RE2JS.compile(pattern).matcher(one).find());
          assert.equal(
            answer(() => compileRegex(pattern).test(one)),
            original,
            `${pattern} on ${one}`,
          );
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});
