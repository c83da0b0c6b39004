import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { ActionLog } from './action-log.ts';

describe('the log of an action', () => {
  it('keeps the last lines, and counts those that repeat', async () => {
    const log = new ActionLog(new ManualClock(0));
    assert.equal(log.text, '');
    for (let i = 0; i < 12; i++) log.add('line', { i });
    for (let i = 0; i < 3; i++) log.add('same');
    const lines = log.text.split('\n');
    assert.equal(lines.length, 11);
    assert.equal(lines[0], '1970-01-01T00:00:00.000Z: line: {"i":3}');
    assert.deepEqual(lines.slice(-2), [
      '1970-01-01T00:00:00.000Z: same: {}',
      '1970-01-01T00:00:00.000Z: same: {} (1 duplicate line omitted)',
    ]);
  });
});
