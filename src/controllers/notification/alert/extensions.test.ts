import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertExtensions, isStateful } from './extensions.ts';
import { alertNamed } from './testing.ts';

const none = { recovery: false, threads: false };

const cases: readonly {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly want: object;
  readonly problem?: RegExp;
}[] = [
  { name: 'nothing', annotations: {}, want: {} },
  { name: 'somebody else', annotations: { 'other.dev/fire-after': '10m' }, want: {} },
  { name: 'failures', annotations: { 'sluice.dev/fire-after-failures': '3' }, want: { fireAfterFailures: 3 } },
  { name: 'a time', annotations: { 'sluice.dev/fire-after': '1h30m' }, want: { fireAfterMs: 5_400_000 } },
  { name: 'a digest', annotations: { 'sluice.dev/digest': '15m' }, want: { digestMs: 900_000 } },
  { name: 'recovery', annotations: { 'sluice.dev/recovery': 'enabled' }, want: { recovery: true } },
  { name: 'threads', annotations: { 'sluice.dev/threads': 'enabled' }, want: { threads: true } },
  { name: 'something switched off', annotations: { 'sluice.dev/threads': 'disabled' }, want: {} },
  {
    name: 'no failures',
    annotations: { 'sluice.dev/fire-after-failures': '0' },
    want: {},
    problem: /expected a number from 1 to 9999, got "0"/,
  },
  {
    name: 'many words',
    annotations: { 'sluice.dev/fire-after-failures': 'x'.repeat(1000) },
    want: {},
    problem: /^.{0,140}$/,
  },
  {
    name: 'no duration',
    annotations: { 'sluice.dev/fire-after': 'soon' },
    want: {},
    problem: /annotation sluice.dev\/fire-after: /,
  },
  {
    name: 'a duration of days',
    annotations: { 'sluice.dev/digest': '48h' },
    want: {},
    problem: /from 1s to 24h, got "48h"/,
  },
  {
    name: 'true',
    annotations: { 'sluice.dev/recovery': 'true' },
    want: {},
    problem: /expected enabled or disabled, got "true"/,
  },
];

describe('alertExtensions', () => {
  for (const { name, annotations, want, problem } of cases) {
    it(`reads annotations that ask for ${name}`, () => {
      const { extensions, problems } = alertExtensions(alertNamed({}, { annotations }));
      assert.deepEqual(extensions, { ...none, ...want });
      assert.equal(problems.length, problem === undefined ? 0 : 1);
      if (problem !== undefined) assert.match(problems[0] ?? '', problem);
    });
  }

  it('knows which of them need a memory', () => {
    assert.ok(!isStateful({ ...none, threads: true, digestMs: 1000 }));
    assert.ok(isStateful({ ...none, recovery: true }));
    assert.ok(isStateful({ ...none, fireAfterFailures: 2 }));
    assert.ok(isStateful({ ...none, fireAfterMs: 2 }));
  });
});
