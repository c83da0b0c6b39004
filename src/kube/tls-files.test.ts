import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { tlsFromFiles } from './tls-files.ts';

describe('tlsFromFiles', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tls-'));
  });
  after(() => rm(dir, { recursive: true }));

  async function replace(name: string, text: string): Promise<void> {
    await writeFile(join(dir, `${name}.new`), text);
    await rename(join(dir, `${name}.new`), join(dir, name));
  }

  test('gives the same object while nothing changes, and a new one after', async () => {
    await replace('ca', 'one');
    const tls = tlsFromFiles({ serverName: 's' }, { ca: join(dir, 'ca') });
    const first = tls();
    assert.deepEqual(first, { serverName: 's', ca: 'one' });
    assert.equal(tls(), first);
    await replace('ca', 'two');
    assert.deepEqual(tls(), { serverName: 's', ca: 'two' });
  });

  test('keeps what it had while a file is missing', async () => {
    await replace('cert', 'one');
    const tls = tlsFromFiles({}, { cert: join(dir, 'cert') });
    await rm(join(dir, 'cert'));
    assert.deepEqual(tls(), { cert: 'one' });
    await replace('cert', 'two');
    assert.deepEqual(tls(), { cert: 'two' });
  });

  test('fails at first on a file that is not there', () => {
    assert.throws(() => tlsFromFiles({}, { key: join(dir, 'nothing') }), { code: 'ENOENT' });
  });

  test('is what is fixed without files', () => {
    const fixed = { ca: 'x' };
    assert.equal(tlsFromFiles(fixed, {})(), fixed);
  });
});
