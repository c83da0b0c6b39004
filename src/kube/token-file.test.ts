import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TokenFile } from './token-file.ts';

describe('TokenFile', () => {
  let dir: string;
  let path: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'token-'));
    path = join(dir, 'token');
  });
  after(() => rm(dir, { recursive: true }));

  test('is read again after a minute, not before', async () => {
    const clock = new ManualClock();
    await writeFile(path, 'one\n');
    const file = await TokenFile.open(path, clock);
    await writeFile(path, 'two');
    clock.advance(59_999);
    assert.equal(file.authorization(), 'Bearer one');
    clock.advance(1);
    assert.equal(await file.authorization(), 'Bearer two');
    assert.equal(file.authorization(), 'Bearer two');
  });

  test('is read again at once when the server refused it', async () => {
    await writeFile(path, 'one');
    const file = await TokenFile.open(path, new ManualClock());
    await writeFile(path, 'two');
    assert.equal(file.renew(), true);
    assert.equal(await file.authorization(), 'Bearer two');
  });

  test('keeps the last token while there is none to read', async () => {
    const clock = new ManualClock();
    await writeFile(path, 'one');
    const file = await TokenFile.open(path, clock);
    await writeFile(path, ' \n');
    clock.advance(60_000);
    assert.equal(await file.authorization(), 'Bearer one');
    await rm(path);
    assert.equal(await file.authorization(), 'Bearer one');
    await writeFile(path, 'three');
    assert.equal(await file.authorization(), 'Bearer three');
  });

  test('is read again when the clock was set back', async () => {
    const clock = new ManualClock();
    await writeFile(path, 'one');
    const file = await TokenFile.open(path, clock);
    await writeFile(path, 'two');
    clock.jump(-3_600_000);
    assert.equal(await file.authorization(), 'Bearer two');
  });

  test('must be there at first', async () => {
    await rm(path, { force: true });
    await assert.rejects(TokenFile.open(path), { code: 'ENOENT' });
    await writeFile(path, '');
    await assert.rejects(TokenFile.open(path), /holds no token/);
  });
});
