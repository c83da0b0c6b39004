import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emitNode } from '../../yaml/emit-node.ts';
import { NodeKindError } from '../../yaml/fields.ts';
import { nodeOfJson } from '../../yaml/json-value.ts';
import { SchemaRegistry } from '../kustomize/openapi/registry.ts';
import { applyJsonPatch, CopyLimitError, readJsonPatch } from './json-patch.ts';
import { MergeError } from './merge-error.ts';
import { strategicMerge } from './strategic-merge.ts';

const { schemaFor } = new SchemaRegistry({ version: 'v5.8.2', additive: false });

const merge = (dest: object, patch: object): string => {
  const merged = strategicMerge(nodeOfJson(dest), nodeOfJson(patch), { schemaFor, prepend: true });
  return merged === undefined ? '' : emitNode(merged);
};

const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const scalar = fc.oneof(fc.integer(), fc.boolean(), name);
const container = fc.record(
  {
    name,
    image: name,
    command: fc.array(name, { maxLength: 3 }),
    env: fc.array(fc.record({ name, value: name }), { maxLength: 3 }),
    ports: fc.array(fc.record({ containerPort: fc.nat(3), protocol: fc.constantFrom('TCP', 'UDP') }), { maxLength: 3 }),
  },
  { requiredKeys: ['name'], noNullPrototype: true },
);
const unique = <T extends object>(items: fc.Arbitrary<T>, keys: readonly (keyof T)[]) =>
  fc.uniqueArray(items, { maxLength: 3, selector: (item) => JSON.stringify(keys.map((key) => item[key])) });
const containers = unique(container, ['name']).map((items) =>
  items.map((item) => ({
    ...item,
    env: [...new Map((item.env ?? []).map((one) => [one.name, one])).values()],
    ports: [...new Map((item.ports ?? []).map((one) => [`${one.containerPort}${one.protocol}`, one])).values()],
  })),
);
const pod = fc
  .record({
    metadata: fc.record(
      { name, labels: fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true }) },
      { noNullPrototype: true },
    ),
    spec: fc.record(
      { containers, nodeSelector: fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true }), free: scalar },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  .map((one) => ({ apiVersion: 'v1', kind: 'Pod', ...one }));

describe('a strategic merge', () => {
  it('with nothing changes nothing', () => {
    fc.assert(
      fc.property(pod, (dest) => assert.equal(merge(dest, {}), emitNode(nodeOfJson(dest)))),
      { seed: 31, numRuns: 300 },
    );
  });

  it('done twice is done once', () => {
    fc.assert(
      fc.property(pod, pod, (dest, patch) => {
        const once = strategicMerge(nodeOfJson(dest), nodeOfJson(patch), { schemaFor, prepend: true });
        assert.ok(once !== undefined);
        const text = emitNode(once);
        const twice = strategicMerge(once, nodeOfJson(patch), { schemaFor, prepend: true });
        assert.ok(twice !== undefined);
        assert.equal(emitNode(twice), text);
      }),
      { seed: 32, numRuns: 300 },
    );
  });

  it('of anything into anything merges or tells why not', () => {
    const directive = fc.constantFrom('replace', 'merge', 'delete', 'other', '');
    const any = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(name, fc.constantFrom('spec', 'containers', 'name', '$retainKeys')), tie('value'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
        fc.tuple(directive, tie('value')).map(([$patch, value]) => ({ $patch, value })),
      ),
    })).value;
    const object = any.map((value) => ({ apiVersion: 'v1', kind: 'Pod', spec: value }));
    fc.assert(
      fc.property(object, object, (dest, patch) => {
        try {
          merge(dest, patch);
        } catch (error) {
          assert.ok(error instanceof MergeError || error instanceof NodeKindError, String((error as Error).stack));
        }
        assert.equal(({} as Readonly<Record<string, unknown>>)['a'], undefined);
      }),
      { seed: 33, numRuns: 1500 },
    );
  });
});

describe('a JSON patch', () => {
  it('leaves the document and itself as they were', () => {
    const operations = fc.array(
      fc.oneof(
        fc.record({ op: fc.constant('add'), path: fc.constantFrom('/a', '/b/-', '/c/x'), value: fc.jsonValue() }),
        fc.record({
          op: fc.constantFrom('copy', 'move'),
          from: fc.constantFrom('/a', '/c'),
          path: fc.constantFrom('/d', '/b/0'),
        }),
        fc.record({ op: fc.constant('remove'), path: fc.constantFrom('/a', '/b/0', '/c') }),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), operations, (value, patch) => {
        const document = { a: value, b: [value], c: { x: value } };
        const before = JSON.stringify([document, patch]);
        try {
          const result = applyJsonPatch(document, readJsonPatch(patch)) as { a?: unknown };
          if (typeof result.a === 'object' && result.a !== null) Object.assign(result.a, { changed: true });
        } catch {
          // It does not apply: that is told elsewhere.
        }
        assert.equal(JSON.stringify([document, patch]), before);
      }),
      { seed: 34, numRuns: 500 },
    );
  });

  it('takes away what it added', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, added) => {
        const document = { a: [value], b: value };
        const patch = [
          { op: 'add', path: '/new', value: added },
          { op: 'add', path: '/a/0', value: added },
          { op: 'remove', path: '/a/0' },
          { op: 'remove', path: '/new' },
        ];
        assert.equal(JSON.stringify(applyJsonPatch(document, patch)), JSON.stringify(document));
      }),
      { seed: 35, numRuns: 200 },
    );
  });

  it('ends when copies of copies become too many', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/c${i}` }));
    assert.throws(() => applyJsonPatch({ data: { a: 'b' } }, doubling), CopyLimitError);
    const long = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/a', path: `/c${i}` }));
    assert.throws(() => applyJsonPatch({ a: 'x'.repeat(1_000_000) }, long), CopyLimitError);
  });
});
