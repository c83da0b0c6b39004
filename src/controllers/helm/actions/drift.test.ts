import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import { actionBench, chartOf, installing } from '../../../../test/support/helm-actions.ts';
import { systemClock } from '../../../lib/clock.ts';
import { correctDrift } from './correct-drift.ts';
import { detectDrift, hasDrift } from './detect-drift.ts';
import { summarizeDrift, summarizeDriftBrief } from './drift-summary.ts';
import { helmLedger } from './helm-ledger.ts';
import { install } from './install.ts';

const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {color: red, size: "1"}\n`;
const demo = chartOf({ 'templates/a.yaml': configMap('a'), 'templates/b.yaml': configMap('b') });
const edited = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'team' },
  data: { color: 'blue', more: 'x' },
};

describe('drift', () => {
  it('is found, told and corrected; what others add stays', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    const record = await install(context, installing(demo));
    assert.deepEqual(await detectDrift(context, record, { ignore: [] }).then(({ diffs }) => hasDrift(diffs)), false);
    server.edit(edited);
    const type = server.typeOf({ apiVersion: 'v1', kind: 'ConfigMap' });
    server.remove(type, server.lookUp(type, { name: 'b', namespace: 'team' }));
    const { diffs } = await detectDrift(context, record, { ignore: [] });
    assert.equal(
      summarizeDrift(diffs),
      'ConfigMap/team/a changed (0 additions, 1 changes, 0 removals)\nConfigMap/team/b removed',
    );
    assert.equal(summarizeDriftBrief(diffs), 'removed: 1, changed: 1, excluded: 0');
    const { changes, errors } = await correctDrift(context, diffs);
    assert.deepEqual(
      changes.map(({ subject, action }) => `${subject} ${action}`),
      ['ConfigMap/team/b created', 'ConfigMap/team/a configured'],
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(server.find('ConfigMap', 'a')?.['data'], { color: 'red', size: '1', more: 'x' });
  });

  it('is none in what is ignored, by field, object or label', async () => {
    const server = new FakeServer();
    const { context } = actionBench(server.client(), 'team');
    const record = await install(context, installing(demo));
    server.edit(edited);
    const types = async (paths: readonly string[]): Promise<string[]> => {
      const { diffs } = await detectDrift(context, record, {
        ignore: [{ paths, target: { kind: 'ConfigMap', name: 'a' } }],
      });
      return diffs.map(({ type }) => type);
    };
    assert.deepEqual(await types(['/data/size']), ['update', 'none']);
    assert.deepEqual(await types(['/data/color']), ['none', 'none']);
    assert.deepEqual(await types(['']), ['exclude', 'none']);
    server.edit({
      ...edited,
      metadata: { ...edited.metadata, labels: { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' } },
    });
    assert.deepEqual(await types(['/none']), ['exclude', 'none']);
  });

  it('of what nobody has touched is not asked for', async () => {
    const server = new FakeServer();
    const woken = Promise.withResolvers<string>();
    const ledger = helmLedger({
      clock: systemClock,
      find: () => ({ suspended: false, maxPauseMs: 1_000 }),
      wake: ({ name }) => woken.resolve(name),
    });
    const client = server.client();
    const target = { identity: { cluster: '' }, client, hold: () => ({ release: () => undefined }) };
    const first = ledger.open('team/demo', target);
    const { context } = actionBench(client, 'team', { session: first });
    const record = await install(context, installing(demo));
    first[Symbol.dispose]();
    server.taken();

    const second = ledger.open('team/demo', target);
    const quiet = { ...context, session: second };
    assert.deepEqual(await detectDrift(quiet, record, { ignore: [] }), { diffs: [], errors: [] });
    assert.deepEqual(server.taken(), []);
    second[Symbol.dispose]();

    server.edit(edited);
    assert.equal(await woken.promise, 'demo');
    const third = ledger.open('team/demo', target);
    const correcting = { ...context, session: third };
    const { diffs } = await detectDrift(correcting, record, { ignore: [] });
    await correctDrift(correcting, diffs);
    assert.deepEqual(server.taken(), ['dry-run ConfigMap/a', 'get ConfigMap/a', 'patch ConfigMap/a']);
    assert.deepEqual(await detectDrift(correcting, record, { ignore: [] }), { diffs: [], errors: [] });
    assert.deepEqual(server.taken(), []);
    third[Symbol.dispose]();
    ledger.close();
  });
});
