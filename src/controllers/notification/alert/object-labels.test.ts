import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { ObjectKey, ResourceType } from '../../../kube/object.ts';
import { ObjectLabels } from './object-labels.ts';
import { eventAbout } from './testing.ts';

const { signal } = new AbortController();
const about = eventAbout().involvedObject;

function setUp(fail = false) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const client = {
    getMetadata({ version, plural, group }: ResourceType, { namespace, name }: ObjectKey) {
      asked.push(`${group}/${version}/${plural} ${namespace}/${name}`);
      if (fail) return Promise.reject(new Error('out'));
      return Promise.resolve({ apiVersion: 'v1', kind: 'X', metadata: { name, labels: { team: 'blue' } } });
    },
  };
  return { clock, asked, labels: new ObjectLabels(client, clock) };
}

describe('ObjectLabels', () => {
  it('asks once for a burst, in the version of the event', async () => {
    const { labels, asked, clock } = setUp();
    assert.deepEqual(await Promise.all([labels.of(about, signal), labels.of(about, signal)]), [
      { team: 'blue' },
      { team: 'blue' },
    ]);
    assert.deepEqual(asked, ['kustomize.toolkit.fluxcd.io/v1/kustomizations apps/app']);
    clock.advance(1001);
    await labels.of({ ...about, apiVersion: 'kustomize.toolkit.fluxcd.io/v1beta2' }, signal);
    await labels.of(about, signal);
    assert.equal(asked[1], 'kustomize.toolkit.fluxcd.io/v1beta2/kustomizations apps/app');
    assert.equal(asked.length, 3);
  });

  it('does not keep a failure', async () => {
    const { labels, asked } = setUp(true);
    await assert.rejects(labels.of(about, signal), /out/);
    await assert.rejects(labels.of(about, signal), /out/);
    assert.equal(asked.length, 2);
  });

  it('asks for no kind that Alerts cannot be about', async () => {
    const { labels, asked } = setUp();
    await assert.rejects(labels.of({ ...about, apiVersion: 'v1', kind: 'Secret' }, signal), RangeError);
    await assert.rejects(labels.of({ ...about, apiVersion: 'evil/v1' }, signal), RangeError);
    assert.deepEqual(asked, []);
  });
});
