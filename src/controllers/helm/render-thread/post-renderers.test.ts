import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import { parseYamlDocuments } from '../../../yaml/parse.ts';
import { type PostRenderers, postRenderOf } from './post-renderers.ts';

const stream = `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {team: old, keep: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, image: "example.com/web:1"}]}}}
`;

interface Seen {
  readonly kind: string;
  readonly metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec?: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

const owner = { name: 'demo', namespace: 'apps' };
const origin = { 'helm.toolkit.fluxcd.io/name': 'demo', 'helm.toolkit.fluxcd.io/namespace': 'apps' };

function rendered(parts: Partial<PostRenderers> = {}, text = stream): readonly Seen[] {
  const { run } = postRenderOf({ strategy: 'combined', renderers: [], owner, ...parts });
  return parseYamlDocuments(run(text)) as Seen[];
}

describe('post-renderers', () => {
  it('say whose every object is', () => {
    const [map, web] = rendered();
    assert.deepEqual(map?.metadata.labels, { team: 'old', keep: '1', ...origin });
    assert.deepEqual(web?.metadata.labels, origin);
  });

  it('set common metadata over what is there, and never over whose an object is', () => {
    const labels = { team: 'new', 'helm.toolkit.fluxcd.io/name': 'forged' };
    const [map] = rendered({ commonMetadata: { labels, annotations: { note: 'yes' } } });
    assert.deepEqual(map?.metadata.labels, { team: 'new', keep: '1', ...origin });
    assert.deepEqual(map?.metadata.annotations, { note: 'yes' });
  });

  it('change images and patch, one after the other', () => {
    const renderers: PostRenderers['renderers'] = [
      { kustomize: { images: [{ name: 'example.com/web', newName: 'mirror.example.com/web', newTag: '2' }] } },
      {
        kustomize: {
          patches: [
            { patch: '- {op: add, path: /metadata/annotations, value: {second: "1"}}', target: { kind: 'Deployment' } },
            { patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {keep: null}}' },
          ],
        },
      },
    ];
    const [map, web] = rendered({ renderers });
    assert.equal(web?.spec?.template.spec.containers[0]?.image, 'mirror.example.com/web:2');
    assert.deepEqual(web.metadata.annotations, { second: '1' });
    assert.deepEqual(map?.metadata.labels, { team: 'old', ...origin });
  });

  it('keep the order of what the chart made', () => {
    assert.deepEqual(
      rendered({ renderers: [{ kustomize: {} }] }).map(({ kind }) => kind),
      ['ConfigMap', 'Deployment'],
    );
  });

  it('make nothing of nothing', () => assert.deepEqual(rendered({}, ''), []));

  for (const [name, patch] of [
    ['a patch that is none', '- {op: nonsense}'],
    ['a patch of what is not there', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ghost}'],
  ] as const)
    it(`tell of ${name}`, () => {
      const renderers = [{ kustomize: { patches: [{ patch }] } }];
      assert.throws(
        () => rendered({ renderers }),
        (error) => error instanceof ChartError && /post render/.test(error.message),
      );
    });
});
