import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { commonMetadataDigest, digestOf, hasDigest, postRenderersDigest, valuesDigest } from './digests.ts';
import { observationJson } from './observation.ts';
import { releaseRecord } from './testing.ts';

const ports = [
  { protocol: 'TCP', port: 8080 },
  { port: 9090, protocol: 'UDP' },
];

describe('valuesDigest', () => {
  // The values and digests of fluxcd/pkg chartutil/digest_test.go.
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['nothing', {}, 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [
      'values',
      { replicas: 3, image: { tag: 'latest', repository: 'nginx' }, ports },
      'sha256:fcdc2b0de1581a3633ada4afee3f918f6eaa5b5ab38c3fef03d5b48d3f85d9f6',
    ],
    [
      'keys that begin with numbers',
      {
        replicas: 3,
        test: {
          '632bd80235a05f4192aefade': 'value1',
          '632bd80ddf416cf32fd50679': 'value2',
          '632bd817c559818a52307da2': 'value3',
          '632bd82398e71231a98004b6': 'value4',
        },
      },
      'sha256:8a980fcbeadd6f05818f07e8aec14070c22250ca3d96af1fcd5f93b3e85b4d70',
    ],
  ];
  for (const [name, values, want] of cases)
    it(`is Flux's for ${name}`, () => {
      assert.equal(valuesDigest(values, 'sha256'), want);
      assert.ok(hasDigest(want, values));
    });

  it('has the algorithm that is asked for', () => {
    assert.equal(
      valuesDigest({ foo: 'bar', baz: { cool: 'stuff' } }, 'sha512'),
      'sha512:b5f9cd4855ca3b08afd602557f373069b1732ce2e6d52341481b0d38f1938452e9d7759ab177c66699962b592f20ceded03eea3cd405d8670578c47842e2c550',
    );
  });

  it('is that of no other values, and of no other text', () => {
    assert.equal(hasDigest(valuesDigest({ a: 1 }, 'sha256'), { a: 2 }), false);
    assert.equal(hasDigest('sha1:abc', {}), false);
    assert.equal(hasDigest('', {}), false);
  });
});

describe('digests of the spec', () => {
  it('are empty for what is absent', () => {
    assert.equal(postRenderersDigest(undefined, 'sha256'), '');
    assert.equal(commonMetadataDigest(undefined, 'sha256'), '');
  });

  it('are taken from the JSON of the Go structs', () => {
    const renderers = [
      {
        kustomize: {
          images: [{ name: 'a', newTag: '2' }],
          patches: [{ patch: '<x>', target: { name: 'n', kind: 'K' } }],
        },
      },
    ];
    const json =
      '[{"kustomize":{"patches":[{"patch":"\\u003cx\\u003e","target":{"kind":"K","name":"n"}}],"images":[{"name":"a","newTag":"2"}]}}]\n';
    assert.equal(postRenderersDigest(renderers, 'sha256'), digestOf(json, 'sha256'));
    assert.equal(
      commonMetadataDigest({ labels: { b: '1', a: '2' }, annotations: {} }, 'sha256'),
      digestOf('{"labels":{"a":"2","b":"1"}}\n', 'sha256'),
    );
  });
});

describe('observationJson', () => {
  it("has Flux's digest", () => {
    const info = { description: '', notes: '', status: '' as ReleaseRecord['info']['status'] };
    const record = { ...releaseRecord(), name: 'foo', namespace: '', version: 0, chart: {}, info };
    // internal/release/digest_test.go
    assert.equal(
      digestOf(observationJson(record, ''), 'sha256'),
      'sha256:f1498f27a16a09cd7e1ee610d924df065c03d30035638babc95dd9a8d412ce4d',
    );
  });

  it('writes times without zeros at their end, metadata in the order of its struct, and no test hooks', () => {
    const hook = {
      name: 'check',
      kind: 'Pod',
      path: 'p',
      manifest: 'm',
      events: ['test'] as const,
      weight: 0,
      deletePolicies: [],
      outputLogPolicies: [],
      lastRun: { phase: '' as const },
    };
    const dependencies = [{ name: 'sub', repository: '', version: '1', enabled: true }];
    const record = releaseRecord({
      chart: { metadata: { version: '1.0.0', name: 'demo', dependencies, type: 'application' } },
      info: { lastDeployed: '2026-01-02T03:04:05.120Z', firstDeployed: '2026-01-02T03:04:05.000+02:00' },
      hooks: [hook, { ...hook, name: 'up', events: ['post-upgrade'], weight: -1 }],
      config: { b: '<', a: 1 },
    });
    assert.equal(
      observationJson(record, 'sha256:x'),
      `${[
        '{"name":"demo","version":1,"info":{"first_deployed":"2026-01-02T03:04:05+02:00","last_deployed":"2026-01-02T03:04:05.12Z"',
        ',"description":"Install complete","status":"deployed"},"chartMetadata":{"name":"demo","version":"1.0.0","dependencies":',
        '[{"name":"sub","version":"1","repository":"","enabled":true}],"type":"application"},"config":{"a":1,"b":"\\u003c"},',
        '"manifest":"","hooks":[{"name":"up","kind":"Pod","path":"p","manifest":"m","events":["post-upgrade"],"last_run":{"phase":""}',
        ',"weight":-1}],"namespace":"apps","ociDigest":"sha256:x"}',
      ].join('')}\n`,
    );
  });
});
