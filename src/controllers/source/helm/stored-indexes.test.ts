import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { IndexError } from './index-events.ts';
import { StoredIndexes } from './stored-indexes.ts';

const { signal } = new AbortController();

describe('StoredIndexes', () => {
  let dir: string;
  let file: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-index-'));
    file = join(dir, 'index.yaml');
    // Long enough that charts lie in several reads of the file.
    const filler = { name: 'filler', version: '1.0.0', description: 'x'.repeat(400_000), urls: ['f.tgz'] };
    const entries = {
      'a"b': [{ name: 'q', version: '1.0.0', urls: [] }],
      filler: [filler, filler, filler],
      last: [{ name: 'last', version: '2.0.0', urls: ['l.tgz'], created: '2026-01-01T00:00:01Z', digest: 'd' }],
      none: [],
    };
    const index = { apiVersion: 'v1', generated: '0001-01-01T00:00:00Z', entries, annotations: { last: 'no chart' } };
    await writeFile(file, JSON.stringify(index, null, 2));
  });
  after(() => rm(dir, { recursive: true }));

  const open = (max: number, clock = new ManualClock()) => new StoredIndexes({ max, ttlMs: 1000, clock });

  for (const max of [0, 1]) {
    it(`finds charts in a file, remembering ${max}`, async () => {
      const indexes = open(max);
      const created = Date.UTC(2026, 0, 1, 0, 0, 1);
      const last = { name: 'last', version: '2.0.0', urls: ['l.tgz'], created, digest: 'd' };
      assert.deepEqual(await indexes.versions(file, 'last', signal), [last]);
      assert.equal((await indexes.versions(file, 'filler', signal))?.length, 3);
      assert.equal((await indexes.versions(file, 'a"b', signal))?.[0]?.name, 'q');
      assert.deepEqual(await indexes.versions(file, 'none', signal), []);
      assert.equal(await indexes.versions(file, 'ghost', signal), undefined);
      assert.equal(await indexes.versions(file, 'annotations', signal), undefined);
      assert.equal(indexes.knows(file), max > 0);
    });
  }

  it('forgets what nobody asks for, and what there is no room for', async () => {
    const clock = new ManualClock();
    const indexes = open(1, clock);
    await indexes.versions(file, 'last', signal);
    clock.advance(900);
    assert.ok(indexes.knows(file));
    clock.advance(900);
    assert.ok(indexes.knows(file), 'it was asked for meanwhile');
    clock.advance(1001);
    assert.ok(!indexes.knows(file));
    const other = join(dir, 'other.yaml');
    await writeFile(other, '{\n  "apiVersion": "v1",\n  "entries": {}\n}');
    await indexes.versions(file, 'last', signal);
    assert.equal(await indexes.versions(other, 'last', signal), undefined);
    assert.deepEqual([indexes.knows(file), indexes.knows(other)], [false, true]);
  });

  it('refuses a file that is not laid out as one', async () => {
    const yaml = join(dir, 'yaml');
    await writeFile(yaml, 'apiVersion: v1\n');
    await assert.rejects(open(0).versions(yaml, 'a', signal), IndexError);
  });
});
