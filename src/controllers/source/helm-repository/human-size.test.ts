import assert from 'node:assert/strict';
import { it } from 'node:test';
import { humanSize } from './human-size.ts';

it('sizes are written in four digits, as docker/go-units does', () => {
  const cases = [
    [0, '0B'],
    [410, '410B'],
    [999, '999B'],
    [1000, '1kB'],
    [1234, '1.234kB'],
    [65_795_486, '65.8MB'],
    [123_456_789, '123.5MB'],
  ] as const;
  for (const [bytes, want] of cases) assert.equal(humanSize(bytes), want);
});
