import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { Storage } from '../../../artifact/storage.ts';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { OciError } from '../../../oci/oci-error.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { Fault } from '../../../runtime/fault.ts';
import { storeArtifact } from './store-artifact.ts';
import { ociRepository } from './testing.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const times = { signal: new AbortController().signal, timeoutMs: 60_000 };

type Entry = { readonly name: string; readonly content?: string; readonly mode?: number; readonly linkname?: string };

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', mode = 0o644, linkname } of entries) {
    if (linkname === undefined) tar.entry({ name, mode }, content);
    else tar.entry({ name, type: 'symlink', linkname });
  }
  tar.finalize();
  return gzipSync(await buffer(tar));
}

describe('storeArtifact', () => {
  let root = '';
  let storage: Storage;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-oci-'));
    storage = open(root);
    await storage.prepare();
  });
  after(() => rm(root, { recursive: true, force: true }));

  function open(dir: string): Storage {
    const retention = { ttlMs: 60_000, records: 2 };
    return new Storage({ root: dir, hostname: 'host', retention, algorithm: 'sha256', clock: new ManualClock() });
  }

  async function store(
    bytes: Buffer,
    spec: Partial<OCIRepository['spec']> = {},
    options: {
      readonly annotations?: Readonly<Record<string, string>>;
      readonly fails?: Error;
      readonly to?: Storage;
    } = {},
  ) {
    const { annotations = {}, fails, to = storage } = options;
    async function* content(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
      if (fails !== undefined) throw fails;
    }
    const client = { blob: async () => content() } as unknown as RegistryClient;
    const upstream = {
      repository: { registry: 'registry.example.com', path: 'org/app' },
      digest,
      revision: `v1@${digest}`,
      name: 'x',
    };
    const image = {
      mediaType: '',
      config: undefined,
      layers: [{ mediaType: 'l', digest, size: bytes.length }],
      annotations,
    };
    return storeArtifact(ociRepository(spec), { upstream, image }, client, to, times);
  }

  /** Names with their modes, and contents of files. */
  async function filesOf(path: string): Promise<Readonly<Record<string, string>>> {
    const files: Record<string, string> = {};
    const unpack = extract();
    const done = new Promise<void>((resolve, reject) => unpack.on('finish', () => resolve()).on('error', reject));
    unpack.on('entry', (header, stream, next) => {
      void buffer(stream).then((content) => {
        if (header.name !== '.') files[`${header.name} ${(header.mode ?? 0).toString(8)}`] = content.toString();
        next();
      });
    });
    unpack.end(gunzipSync(await readFile(join(root, path))));
    await done;
    return files;
  }

  const leftovers = async (): Promise<readonly string[]> => readdir(join(root, '.sluice-scratch'));

  it('packs the files anew, without what is ignored', async () => {
    const bytes = await archive([
      { name: 'a.yaml', content: 'a: 1' },
      { name: 'run.sh', content: '#!', mode: 0o755 },
      { name: 'dir/.sourceignore', content: '*.txt' },
      { name: 'dir/b.txt', content: 'b' },
      { name: 'dir/c.md', content: 'c' },
      { name: 'd.log', content: 'd' },
      { name: 'link', linkname: '/etc/passwd' },
    ]);
    const { artifact, url } = await store(bytes, { ignore: '*.log' }, { annotations: { a: 'b' } });
    assert.equal(artifact.path, `ocirepository/apps/repo/${digest}.tar.gz`);
    assert.equal(artifact.revision, `v1@${digest}`);
    assert.deepEqual(artifact.metadata, { a: 'b' });
    assert.equal(url, 'http://host/ocirepository/apps/repo/latest.tar.gz');
    assert.deepEqual(await filesOf(artifact.path), {
      'a.yaml 600': 'a: 1',
      'dir 750': '',
      'dir/.sourceignore 600': '*.txt',
      'dir/c.md 600': 'c',
      'run.sh 700': '#!',
    });
    const shuffled = await archive([
      { name: 'run.sh', content: '#!', mode: 0o777 },
      { name: 'dir/c.md', content: 'c' },
      { name: 'dir/.sourceignore', content: '*.txt' },
      { name: 'a.yaml', content: 'a: 1' },
    ]);
    assert.equal((await store(shuffled)).artifact.digest, artifact.digest, 'equal content is equal bytes');
    assert.deepEqual(await leftovers(), []);
  });

  it('keeps a layer as it is', async () => {
    const bytes = Buffer.from('anything at all');
    const { artifact } = await store(bytes, { layerSelector: { operation: 'copy' } });
    assert.equal(artifact.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    assert.deepEqual([artifact.size, artifact.metadata], [bytes.length, undefined]);
  });

  const mismatch = new OciError('DigestMismatch', 'not what it should be');
  const failures: readonly {
    name: string;
    bytes: () => Promise<Buffer> | Buffer;
    spec?: Partial<OCIRepository['spec']>;
    fails?: Error;
    says: RegExp;
  }[] = [
    {
      name: 'has other content than promised',
      bytes: () => archive([{ name: 'a', content: 'a' }]),
      fails: mismatch,
      says: /^failed to extract layer contents from artifact: not what it should be$/,
    },
    {
      name: 'has other content than promised, to be kept',
      bytes: () => Buffer.from('x'),
      spec: { layerSelector: { operation: 'copy' } },
      fails: mismatch,
      says: /^failed to copy layer from artifact: not what it should be$/,
    },
    { name: 'is no archive', bytes: () => gzipSync('x'), says: /the tar archive is cut short$/ },
    { name: 'is not compressed', bytes: () => Buffer.from('x'), says: /not a complete gzip stream$/ },
    {
      name: 'has a name twice',
      bytes: () => archive([{ name: 'a' }, { name: 'a' }]),
      says: /entry 'a' conflicts with another entry$/,
    },
    { name: 'leads outside', bytes: () => archive([{ name: '../a' }]), says: /entry '\.\.\/a' has an invalid name$/ },
    {
      name: 'has no such layer',
      bytes: () => Buffer.alloc(0),
      spec: { layerSelector: { mediaType: 'none' } },
      says: /^failed to find layer with media type 'none' in artifact$/,
    },
  ];
  for (const { name, bytes, spec, fails, says } of failures) {
    it(`stores nothing of what ${name}`, async () => {
      const before = await readdir(join(root, 'ocirepository/apps/repo')).catch(() => []);
      await assert.rejects(store(await bytes(), spec, fails === undefined ? {} : { fails }), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual([error.reason, error.options.condition], ['OCIArtifactLayerOperationFailed', 'FetchFailed']);
        assert.match(error.message, says);
        return true;
      });
      assert.deepEqual(await readdir(join(root, 'ocirepository/apps/repo')).catch(() => []), before);
      assert.deepEqual(await leftovers(), []);
    });
  }

  it('does without the link where something lies in its way', async () => {
    const dir = join(root, 'ocirepository/apps/repo/latest.tar.gz');
    await rm(dir, { force: true });
    await mkdir(join(dir, 'x'), { recursive: true });
    const { artifact, url, linkProblem } = await store(await archive([{ name: 'a' }]));
    await rm(dir, { recursive: true });
    assert.equal(url, undefined);
    assert.match(linkProblem ?? '', /directory/);
    assert.equal(await storage.exists(artifact), true);
  });

  it('tells rules that cannot be read', async () => {
    const bytes = await archive([{ name: '.sourceignore', content: 'x'.repeat(1024 * 1024 + 1) }]);
    await assert.rejects(store(bytes), { reason: 'SourceIgnoreError' });
  });

  it('tells a storage that cannot be written', async () => {
    const broken = open(join(root, 'file'));
    await writeFile(join(root, 'file'), '');
    const bytes = await archive([{ name: 'a' }]);
    const copy = store(bytes, { layerSelector: { operation: 'copy' } }, { to: broken });
    await assert.rejects(copy, { reason: 'ArchiveOperationFailed', message: /^unable to copy artifact to storage: / });
    await assert.rejects(store(bytes, {}, { to: broken }), { reason: 'DirectoryCreationFailed' });
  });
});
