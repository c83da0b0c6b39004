import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyJsonPatch, JsonPatchError, readJsonPatch } from './json-patch.ts';

const document = { a: { b: 1, 'x/y~z': 2, nothing: null }, list: [1, 2, 3] };

const applied: readonly { name: string; patch: unknown; want: unknown }[] = [
  {
    name: 'adds a member',
    patch: [{ op: 'add', path: '/a/c', value: { d: 1 } }],
    want: { ...document, a: { ...document.a, c: { d: 1 } } },
  },
  {
    name: 'adds at the end of a list',
    patch: [{ op: 'add', path: '/list/-', value: 4 }],
    want: { ...document, list: [1, 2, 3, 4] },
  },
  {
    name: 'adds before an item',
    patch: [{ op: 'add', path: '/list/1', value: 9 }],
    want: { ...document, list: [1, 9, 2, 3] },
  },
  {
    name: 'counts from the end',
    patch: [{ op: 'replace', path: '/list/-1', value: 9 }],
    want: { ...document, list: [1, 2, 9] },
  },
  {
    name: 'unescapes names',
    patch: [{ op: 'remove', path: '/a/x~1y~0z' }],
    want: { ...document, a: { b: 1, nothing: null } },
  },
  { name: 'removes an item', patch: [{ op: 'remove', path: '/list/0' }], want: { ...document, list: [2, 3] } },
  { name: 'adds a null without a value', patch: [{ op: 'add', path: '/n' }], want: { ...document, n: null } },
  {
    name: 'moves',
    patch: [{ op: 'move', from: '/a/b', path: '/b' }],
    want: { list: [1, 2, 3], a: { 'x/y~z': 2, nothing: null }, b: 1 },
  },
  {
    name: 'copies',
    patch: [{ op: 'copy', from: '/list', path: '/a/list' }],
    want: { ...document, a: { ...document.a, list: [1, 2, 3] } },
  },
  {
    name: 'tests',
    patch: [
      { op: 'test', path: '/a/b', value: 1 },
      { op: 'test', path: '/a/nothing', value: null },
    ],
    want: document,
  },
  { name: 'does nothing for null', patch: null, want: document },
];

const refused: readonly { name: string; patch: unknown; message: RegExp }[] = [
  { name: 'what is no list', patch: { op: 'add' }, message: /list of operations/ },
  { name: 'operations that are no objects', patch: ['add'], message: /must be an object/ },
  { name: 'unknown operations', patch: [{ op: 'merge', path: '/a' }], message: /merge/ },
  { name: 'missing parents', patch: [{ op: 'add', path: '/none/b', value: 1 }], message: /\/none\/b/ },
  { name: 'removing what is not there', patch: [{ op: 'remove', path: '/none' }], message: /nonexistent key: none/ },
  { name: 'indices beyond the end', patch: [{ op: 'add', path: '/list/9', value: 1 }], message: /9/ },
  { name: 'failed tests', patch: [{ op: 'test', path: '/a/b', value: 2 }], message: /\/a\/b/ },
];

describe('JSON patches', () => {
  for (const { name, patch, want } of applied) {
    it(name, () => {
      const before = structuredClone(document);
      assert.deepEqual(applyJsonPatch(document, readJsonPatch(patch)), want);
      assert.deepEqual(document, before, 'the document stays as it is');
    });
  }
  for (const { name, patch, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => applyJsonPatch(document, readJsonPatch(patch)),
        (error) => error instanceof JsonPatchError && message.test(error.message),
      );
    });
  }

  it('takes __proto__ for a name as any other', () => {
    const patch = readJsonPatch(JSON.parse('[{"op": "add", "path": "/__proto__", "value": {"x": 1}}]'));
    const result = applyJsonPatch({}, patch) as Record<string, unknown>;
    assert.deepEqual(Object.keys(result), ['__proto__']);
    assert.equal(result['x'], undefined);
    for (const path of ['/__proto__/y', '/constructor/prototype/y', '/toString/y']) {
      assert.throws(() => applyJsonPatch({}, [{ op: 'add', path, value: 1 }]), JsonPatchError);
    }
    assert.equal(({} as Record<string, unknown>)['y'], undefined);
  });

  it('applies or throws JsonPatchError, whatever comes', () => {
    const path = fc.array(fc.constantFrom('a', 'list', '0', '-1', '-', '', '~1', '__proto__', 'length'), {
      maxLength: 4,
    });
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', '', null, 5),
        path: fc.oneof(
          path.map((parts) => parts.map((part) => `/${part}`).join('')),
          fc.string(),
          fc.jsonValue(),
        ),
        from: path.map((parts) => parts.map((part) => `/${part}`).join('')),
        value: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(operation, { maxLength: 4 }), (json, patch) => {
        try {
          applyJsonPatch({ a: json, list: [json] }, readJsonPatch(patch));
        } catch (error) {
          assert.ok(error instanceof JsonPatchError, String((error as Error).stack));
        }
      }),
      { seed: 6902, numRuns: 2000 },
    );
  });
});
