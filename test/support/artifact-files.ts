import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { ApiObject } from './api-client.ts';

export interface SeenArtifact {
  readonly url: string;
  readonly digest: string;
  readonly revision: string;
  readonly path: string;
  readonly size: number;
  readonly lastUpdateTime: string;
}

/** `status.artifact` of a source; fails when there is none. */
export function artifactOf(source: ApiObject): SeenArtifact {
  const artifact = (source['status'] as { artifact?: SeenArtifact } | undefined)?.artifact;
  assert.ok(artifact !== undefined, `${source.kind}/${source.metadata.name} has no artifact`);
  return artifact;
}

/**
 * The files of a source's artifact with their contents, directories with a slash at the end and no content. Fetched
 * from the URL in the status and held against its digest and size.
 */
export async function artifactFiles(source: ApiObject): Promise<Readonly<Record<string, string>>> {
  const { url, digest, size } = artifactOf(source);
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  assert.equal(response.status, 200, url);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, digest);
  assert.equal(bytes.length, size);
  const files: Record<string, string> = {};
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: unknown) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      if (header.name !== '.') {
        files[header.type === 'directory' ? `${header.name}/` : header.name] = Buffer.concat(chunks).toString();
      }
      next();
    });
  });
  await pipeline(Readable.from([bytes]), createGunzip(), unpack);
  return files;
}
