import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { findBinaries } from './binaries.ts';
import { BuildError } from './build-programs.ts';
import { cacheFolder } from './versions.ts';

describe('findBinaries', () => {
  let dir: string;
  let assets: string;
  let cache: string;
  const path = process.env['PATH'];
  const log = (): void => {};
  const program = async (file: string, mode = 0o755): Promise<void> => {
    await writeFile(file, '#!/bin/sh\n');
    await chmod(file, mode);
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-binaries-'));
    assets = join(dir, 'assets');
    cache = join(dir, 'cache');
    await mkdir(assets);
    await mkdir(join(cache, cacheFolder), { recursive: true });
    await program(join(assets, 'etcd'));
    await program(join(cache, cacheFolder, 'etcd'));
    await program(join(cache, cacheFolder, 'kwok'));
    await program(join(assets, 'kwok'), 0o644);
  });
  afterEach(() => {
    process.env['PATH'] = path;
  });
  after(() => rm(dir, { recursive: true }));

  it('prefers given programs, one by one, and falls back to the cache', async () => {
    assert.deepEqual(await findBinaries(['etcd', 'kwok'], { assets, cache, log }), {
      etcd: join(assets, 'etcd'),
      kwok: join(cache, cacheFolder, 'kwok'),
    });
  });

  it('takes an empty variable for none', async () => {
    const found = await findBinaries(['etcd'], { assets: '', cache, log });
    assert.equal(found.etcd, join(cache, cacheFolder, 'etcd'));
  });

  const without = [
    {
      name: 'without Go',
      go: undefined,
      message: /kube-scheduler is neither .* no Go .*install Go 1\.26.*set KUBEBUILDER_ASSETS/,
    },
    { name: 'with a Go that is too old', go: 'go1.19.5', message: /go1\.19\.5 is too old .*install Go 1\.26/ },
  ];
  for (const { name, go, message } of without) {
    it(`says what to do ${name}`, async () => {
      const bin = await mkdtemp(join(dir, 'bin-'));
      if (go !== undefined) {
        await writeFile(join(bin, 'go'), `#!/bin/sh\necho ${go}\n`);
        await chmod(join(bin, 'go'), 0o755);
      }
      process.env['PATH'] = bin;
      await assert.rejects(findBinaries(['etcd', 'kube-scheduler'], { assets, cache, log }), (error) => {
        assert.ok(error instanceof BuildError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('shows what Go said when a build fails, and leaves nothing half done', async () => {
    const bin = await mkdtemp(join(dir, 'bin-'));
    const go = '#!/bin/sh\nif [ "$1" = env ]; then echo go1.26.0; else echo "no such module" >&2; exit 1; fi\n';
    await writeFile(join(bin, 'go'), go);
    await chmod(join(bin, 'go'), 0o755);
    process.env['PATH'] = `${bin}:${path}`;
    await assert.rejects(findBinaries(['kube-apiserver'], { cache, log }), {
      name: 'BuildError',
      message: /no such module/,
    });
    await mkdir(join(cache, cacheFolder, '.lock')); // throws if the lock is still there
    await rm(join(cache, cacheFolder, '.lock'), { recursive: true });
  });
});
