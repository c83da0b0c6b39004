import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { toBytes } from '../../gotemplate/value/go-text.ts';
import { ChartInstance } from '../chart/instance.ts';
import { loadChart } from '../chart/load.ts';
import type { Host } from '../host.ts';
import { defaultCapabilities } from '../render/capabilities.ts';
import { renderChart } from '../template.ts';
import { mergeUserValues } from '../values/user-values.ts';
import { chartRecord } from './chart-record.ts';
import { decodeRelease, RecordError, type ReleaseRecord, releaseText } from './record.ts';

const chart = loadChart([
  { name: 'Chart.yaml', data: toBytes('apiVersion: v2\nname: demo\nversion: 1.2.3\n') },
  { name: 'values.yaml', data: toBytes('a: 1\n') },
  { name: 'templates/a.yaml', data: toBytes('kind: ConfigMap\n') },
]);

const release: ReleaseRecord = {
  name: 'rel',
  namespace: 'ns',
  version: 3,
  info: {
    firstDeployed: '2026-01-02T03:04:05.678Z',
    lastDeployed: '2026-01-02T03:04:05.678Z',
    description: 'Upgrade complete',
    status: 'deployed',
    notes: 'Hello ö',
  },
  chart: chartRecord(new ChartInstance(chart)),
  config: { a: 2 },
  manifest: '---\n# Source: demo/templates/a.yaml\nkind: ConfigMap\n',
  hooks: [
    {
      name: 'h',
      kind: 'Job',
      path: 'demo/templates/h.yaml',
      manifest: 'kind: Job\n',
      events: ['pre-install', 'test'],
      weight: -5,
      deletePolicies: ['hook-succeeded'],
      outputLogPolicies: [],
      lastRun: { startedAt: '2026-01-02T03:04:05Z', phase: 'Running' },
    },
  ],
  applyMethod: 'ssa',
};

/** What the real Helm kept of an installation. */
const kept: { readonly files: Readonly<Record<string, string>>; readonly release: string } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/helm-4-release.json'), 'utf8'),
);

function unpacked(text: string): unknown {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString());
}

/** Without the times of files, which are not written here. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item) => (key.endsWith('modtime') ? undefined : item)));
}

function encodeRelease(record: ReleaseRecord): string {
  return packed(releaseText(record));
}

function packed(text: string): string {
  return Buffer.from(gzipSync(text)).toString('base64');
}

describe('release records', () => {
  it('are read as they were written', () => assert.deepEqual(decodeRelease(encodeRelease(release)), release));

  it('lose nothing that Helm wrote', () =>
    assert.deepEqual(unpacked(encodeRelease(decodeRelease(kept.release))), unpacked(kept.release)));

  it('keep of a chart what Helm keeps', () => {
    const files = Object.entries(kept.files).map(([name, text]) => ({ name, data: toBytes(text) }));
    const host: Host = { now: () => 0, random: (count) => new Uint8Array(count) };
    const rendered = renderChart(loadChart(files), {
      release: { name: 'rel', namespace: 'default', revision: 1, isUpgrade: false },
      values: mergeUserValues({ set: ['size=4'] }, () => ''),
      capabilities: defaultCapabilities,
      host,
    });
    assert.deepEqual(withoutTimes(chartRecord(rendered.chart)), withoutTimes(decodeRelease(kept.release).chart));
  });

  it('are equal texts where releases are', () => assert.equal(encodeRelease(release), encodeRelease({ ...release })));

  it('are read when they were never packed', () => {
    const text = Buffer.from(JSON.stringify({ name: 'old', version: 1, info: { status: 'superseded' } })).toString(
      'base64',
    );
    const old = decodeRelease(text);
    assert.deepEqual([old.name, old.version, old.info.status], ['old', 1, 'superseded']);
  });

  it('have no times where Helm 3 wrote empty ones', () => {
    const { info, hooks } = decodeRelease(
      packed(
        '{"name":"a","info":{"deleted":"","first_deployed":"0001-01-01T00:00:00Z"},"hooks":[{"last_run":{"started_at":"","phase":""}}]}',
      ),
    );
    assert.equal(info.deleted ?? info.firstDeployed ?? hooks[0]?.lastRun.startedAt, undefined);
  });

  it('keep what the chart says beyond what is known', () => {
    const read = decodeRelease(packed('{"chart":{"metadata":{"name":"x"},"later":[1]}}'));
    assert.deepEqual(read.chart, { metadata: { name: 'x' }, later: [1] });
  });

  const broken: readonly (readonly [name: string, text: string])[] = [
    ['nothing', ''],
    ['no base64', '!!!'],
    ['no JSON', packed('{')],
    ['a list', packed('[]')],
    ['a name that is a number', packed('{"name":1}')],
    ['hooks that are no list', packed('{"hooks":{}}')],
    ['a hook that is text', packed('{"hooks":["x"]}')],
    ['half of it', packed('{"name":"rel"}').slice(0, 20)],
    ['a bomb', packed(' '.repeat(65 << 20))],
  ];
  for (const [name, text] of broken) it(`refuse ${name}`, () => assert.throws(() => decodeRelease(text), RecordError));

  it('reach no prototype', () => {
    decodeRelease(
      packed('{"name":"a","config":{"__proto__":{"polluted":true}},"chart":{"__proto__":{"polluted":true}}}'),
    );
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('end in an error for any damage', () => {
    const text = encodeRelease(release);
    const damage = fc.tuple(fc.nat(text.length - 1), fc.string({ maxLength: 4 }));
    const check = ([at, other]: readonly [number, string]): void => {
      try {
        decodeRelease(text.slice(0, at) + other + text.slice(at + other.length));
      } catch (error) {
        assert.ok(error instanceof RecordError, String(error));
      }
    };
    fc.assert(fc.property(damage, check), { seed: 6, numRuns: 300 });
  });
});
