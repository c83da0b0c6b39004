import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machine, metadataServices, metadataServicesAnd } from './address-guard.ts';

describe('address guards', () => {
  const wide = metadataServicesAnd(['10.0.0.0/8', 'fd00::/8', '192.0.2.7/32']);
  const cases: readonly (readonly [string, boolean, boolean, boolean])[] = [
    // address, refused by machine, by metadataServices, and with ranges
    ['169.254.169.254', true, true, true],
    ['[fe80::1]', true, true, true],
    ['[::ffff:169.254.169.254]', true, true, true],
    ['[fd00:ec2::254]', true, true, true],
    ['127.0.0.1', true, false, false],
    ['[::1]', true, false, false],
    ['0.0.0.0', true, false, false],
    ['10.1.2.3', false, false, true],
    ['[::ffff:10.1.2.3]', false, false, true],
    ['[fd12::1]', false, false, true],
    ['192.0.2.7', false, false, true],
    ['192.0.2.8', false, false, false],
    ['example.com', false, false, false],
  ];
  for (const [address, byMachine, byMetadata, byRanges] of cases) {
    it(address, () => {
      assert.equal(machine.refusal(address) !== undefined, byMachine);
      assert.equal(metadataServices.refusal(address) !== undefined, byMetadata);
      assert.equal(wide.refusal(address) !== undefined, byRanges);
    });
  }

  it('a name is refused when all that it leads to is', async () => {
    const guard = metadataServicesAnd(['127.0.0.0/8', '::1/128']);
    const problem = await new Promise<unknown>((resolve) => {
      guard.lookup('localhost', { all: true }, (error) => resolve(error));
    });
    assert.match(String(problem), /localhost is in a range that is denied, which is not allowed here/);
  });

  for (const range of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'localhost/8', '']) {
    it(`'${range}' is no range`, () => assert.throws(() => metadataServicesAnd([range]), RangeError));
  }
});
