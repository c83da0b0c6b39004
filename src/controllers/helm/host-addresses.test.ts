import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostAddresses } from './host-addresses.ts';

const { signal } = new AbortController();

describe('hostAddresses', () => {
  it('gives an address as it is', async () => {
    assert.deepEqual(await hostAddresses('127.0.0.1', signal), ['127.0.0.1']);
    assert.deepEqual(await hostAddresses('::1', signal), ['::1']);
  });

  it('finds this machine, IPv4 first', async () => {
    assert.match((await hostAddresses('localhost', signal))[0] ?? '', /^127\.|^::1$/);
  });

  for (const [what, host] of [
    ['no name', ''],
    ['a name that is too long to exist', 'a.'.repeat(200)],
    ['a name with a space', 'a b'],
  ] as const)
    it(`fails for ${what}`, async () => {
      await assert.rejects(hostAddresses(host, signal), /^Error: lookup of host /);
    });

  it('ends with the signal', async () => {
    const reason = new Error('over');
    await assert.rejects(hostAddresses('localhost', AbortSignal.abort(reason)), reason);
  });
});
