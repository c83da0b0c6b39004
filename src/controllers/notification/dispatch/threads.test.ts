import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertNamed, eventAbout } from '../alert/testing.ts';
import { Threads } from './threads.ts';

const alert = alertNamed({}, { annotations: { 'sluice.dev/threads': 'enabled' } });
const provider = { uid: 'p1' };
/** An event as it is sent. */
const event = (revision: string, name = 'app') => ({ ...eventAbout({ name }), metadata: { revision } });

describe('Threads', () => {
  it('gives none to Alerts that ask for none', () => {
    assert.equal(new Threads().of(alertNamed(), provider, event('r1')), undefined);
  });

  it('keeps together what is about one object at one revision', () => {
    const threads = new Threads();
    const first = threads.of(alert, provider, event('r1'));
    assert.match(first?.key ?? '', /^[0-9a-f]{40}$/);
    assert.equal(first?.root, undefined);
    first?.begin('1.2');
    assert.deepEqual(threads.of(alert, provider, { ...event('r1'), message: 'more' })?.root, '1.2');
    for (const other of [
      threads.of(alert, provider, event('r2')),
      threads.of(alert, provider, event('r1', 'b')),
      threads.of(alert, { uid: 'p2' }, event('r1')),
    ]) {
      assert.equal(other?.root, undefined);
      assert.notEqual(other?.key, first?.key);
    }
  });

  it('forgets the oldest when there are many', () => {
    const threads = new Threads();
    for (let i = 0; i <= 5000; i += 1) threads.of(alert, provider, event(`r${i}`))?.begin(`${i}`);
    assert.equal(threads.of(alert, provider, event('r0'))?.root, undefined);
    assert.equal(threads.of(alert, provider, event('r1'))?.root, '1');
  });
});
