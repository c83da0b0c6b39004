import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergePatch } from '../../../../test/support/fake-ssa.ts';
import { builtinSchema } from '../../../engines/kustomize/openapi/builtin-schema.ts';
import { jsonEqual } from '../../../lib/json.ts';
import { mergePatchOf, threeWayMerge } from './three-way-merge.ts';

const deployment = builtinSchema().kind('apps/v1', 'Deployment');
const service = builtinSchema().kind('v1', 'Service');

const pods = (containers: unknown, more: object = {}): object => ({
  spec: { template: { spec: { containers, ...more } } },
});

describe('a three-way merge', () => {
  for (const [name, original, modified, live, want, schema] of [
    ['sets what the chart says', { a: 1 }, { a: 2 }, { a: 1, b: 3 }, { a: 2, b: 3 }],
    ['takes off what left the chart', { a: 1, b: 1 }, { a: 1 }, { a: 1, b: 1, c: 1 }, { a: 1, c: 1 }],
    ['corrects what others changed', { a: 1 }, { a: 1 }, { a: 9 }, { a: 1 }],
    ['takes null for nothing', { a: 1 }, { a: null, b: { c: null } }, { a: 1 }, { b: {} }],
    ['replaces lists of what it does not know', { a: [1] }, { a: [2] }, { a: [1, 3] }, { a: [2] }],
    [
      'merges containers by name, and keeps those that were injected',
      pods([{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }]),
      pods([{ name: 'a', image: 'a:2', env: [{ name: 'Z', value: '3' }] }]),
      pods([
        {
          name: 'a',
          image: 'a:1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
          tty: true,
        },
        { name: 'sidecar', image: 's' },
      ]),
      pods([
        {
          name: 'a',
          image: 'a:2',
          env: [
            { name: 'Z', value: '3' },
            { name: 'Y', value: '2' },
          ],
          tty: true,
        },
        { name: 'sidecar', image: 's' },
      ]),
      deployment,
    ],
    [
      'knows ports whose protocol was filled in',
      { spec: { ports: [{ port: 53, protocol: 'UDP' }, { port: 80 }] } },
      {
        spec: {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 80, name: 'http' },
          ],
        },
      },
      {
        spec: {
          ports: [
            { port: 53, protocol: 'UDP', nodePort: 1 },
            { port: 80, protocol: 'TCP', nodePort: 2 },
          ],
        },
      },
      {
        spec: {
          ports: [
            { port: 53, protocol: 'UDP', nodePort: 1 },
            { port: 80, protocol: 'TCP', nodePort: 2, name: 'http' },
          ],
        },
      },
      service,
    ],
    [
      'leaves nothing of another strategy',
      { spec: {} },
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { type: 'Recreate' } } },
      deployment,
    ],
  ] as const)
    it(name, () => assert.deepEqual(threeWayMerge(original, modified, live, schema), want));
});

it('a merge patch makes what it is made for', () => {
  const key = fc.stringMatching(/^[a-d]{1,2}$/);
  const value = fc.object({ key, maxDepth: 3, values: [fc.integer(), fc.string(), fc.boolean()] });
  fc.assert(
    fc.property(value, value, (before, after) => {
      const patch = mergePatchOf(before, after);
      const made = patch === undefined ? before : mergePatch(before, patch);
      return jsonEqual(made, after);
    }),
    { seed: 1, numRuns: 300 },
  );
});
