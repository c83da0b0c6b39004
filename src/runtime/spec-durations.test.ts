import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invalidDuration } from './spec-durations.ts';

const cases = [
  { name: 'usable durations are fine', spec: { interval: '1h', timeout: '90s' }, want: undefined },
  { name: 'absent fields are fine', spec: {}, want: undefined },
  {
    name: 'one that is too long is named',
    spec: { interval: '1h', timeout: '99999999999h' },
    want: "spec.timeout: invalid duration '99999999999h': it is too long",
  },
];
for (const { name, spec, want } of cases) {
  test(name, () => assert.equal(invalidDuration(spec, ['interval', 'timeout']), want));
}
