import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { selectVersion } from './select-version.ts';

const versions = ['2.0.0+b1', '2.0.0+b2', '1.10.0', '1.9.0', '1.2.0-rc.1', 'v0.3.0', '0.2'].map((version, at) => ({
  version,
  created: version === '2.0.0+b1' ? 5 : at,
}));

describe('selectVersion', () => {
  const cases: readonly { name: string; wanted: string; want: string | undefined }[] = [
    { name: 'nothing means the highest, of equal ones the newest', wanted: '', want: '2.0.0+b1' },
    { name: 'so does a star', wanted: '*', want: '2.0.0+b1' },
    { name: 'what is written just so goes before all ranges', wanted: '0.2', want: '0.2' },
    { name: 'numbers count, not letters', wanted: '1.x', want: '1.10.0' },
    { name: 'a prerelease needs a range that mentions one', wanted: '>=1.2.0-0 <1.3.0', want: '1.2.0-rc.1' },
    { name: 'and is out of others', wanted: '~1.2', want: undefined },
    { name: 'a v in front is no matter', wanted: '^0.3', want: 'v0.3.0' },
    { name: 'versions of two parts are found by name only', wanted: '<0.3.0', want: undefined },
    { name: 'nothing fits', wanted: '>9', want: undefined },
  ];
  for (const { name, wanted, want } of cases) {
    it(name, () => assert.equal(selectVersion(versions, wanted)?.version, want));
  }

  it('refuses what is no range', () => {
    assert.throws(() => selectVersion(versions, 'the newest'), RangeError);
  });
});
