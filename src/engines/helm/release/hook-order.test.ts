import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hooksOf, type OrderedHook } from './hook-order.ts';

describe('hooksOf', () => {
  const hook = (name: string, weight: number, ...events: OrderedHook['events']): OrderedHook => ({
    name,
    weight,
    events,
  });
  const hooks = [
    hook('late', 5, 'pre-install'),
    hook('b', 0, 'pre-install', 'pre-upgrade'),
    hook('a', 0, 'pre-install'),
    hook('first', -10, 'pre-install', 'post-delete'),
    hook('other', -20, 'test'),
    hook('twice', 7, 'pre-rollback', 'pre-rollback'),
  ];
  const names = (event: OrderedHook['events'][number]): readonly string[] =>
    hooksOf(hooks, event).map(({ name }) => name);

  it('goes by weight, then by name', () => assert.deepEqual(names('pre-install'), ['first', 'a', 'b', 'late']));
  it('has only hooks of the event', () => assert.deepEqual(names('post-delete'), ['first']));
  it('has a hook as often as it names the event', () => assert.deepEqual(names('pre-rollback'), ['twice', 'twice']));
  it('has none where there are none', () => assert.deepEqual(names('post-install'), []));
});
