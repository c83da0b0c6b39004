import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { exchange } from './exchange.ts';

/** Where something is pushed to. */
export interface PushTarget {
  /** Base URL of the API: {@link Registry.url}. */
  readonly url: string;
  readonly repository: string;
  readonly tag: string;
  /** The Authorization header, where the registry wants one. */
  readonly authorization?: string;
}

export interface PushedLayer {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An image: its layers, and what its config is. */
export interface PushedImage {
  readonly layers: readonly PushedLayer[];
  readonly config: PushedLayer;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Pushed {
  /** Of the manifest, `sha256:<hex>`. */
  readonly digest: string;
  /** Of the layers. */
  readonly layers: readonly string[];
}

export const fluxContentType = 'application/vnd.cncf.flux.content.v1.tar+gzip';
export const helmContentType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Files packed as `flux push artifact` packs them: equal files are equal bytes. */
export async function tarball(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files))
    archive.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** An image as `flux push artifact` makes it (fluxcd/pkg oci/push.go). */
export async function fluxImage(
  files: Readonly<Record<string, string | Buffer>>,
  { source = 'https://git.test/repo', revision = 'main@sha1:0123456789abcdef0123456789abcdef01234567' } = {},
): Promise<PushedImage> {
  return {
    layers: [{ mediaType: fluxContentType, bytes: await tarball(files) }],
    config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', bytes: Buffer.from('{}') },
    annotations: {
      'org.opencontainers.image.created': '2026-01-01T00:00:00Z',
      'org.opencontainers.image.source': source,
      'org.opencontainers.image.revision': revision,
    },
  };
}

/** An image as `helm push` makes it (helm pkg/registry/client.go): a packed chart and its Chart.yaml as JSON. */
export function helmImage(
  chart: Buffer,
  metadata: { readonly name: string; readonly version: string; readonly description?: string },
): PushedImage {
  return {
    layers: [{ mediaType: helmContentType, bytes: chart }],
    config: {
      mediaType: 'application/vnd.cncf.helm.config.v1+json',
      bytes: Buffer.from(JSON.stringify({ apiVersion: 'v2', ...metadata })),
    },
    annotations: {
      'org.opencontainers.image.title': metadata.name,
      'org.opencontainers.image.version': metadata.version,
    },
  };
}

/** Pushes an image by the distribution API. */
export async function pushImage(target: PushTarget, image: PushedImage): Promise<Pushed> {
  const config = await pushBlob(target, image.config);
  const layers = await Promise.all(image.layers.map((layer) => pushBlob(target, layer)));
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers, annotations: image.annotations };
  const digest = await putManifest(target, manifestType, Buffer.from(JSON.stringify(manifest)));
  return { digest, layers: layers.map((layer) => layer.digest) };
}

/** Pushes a list of manifests that are in the repository already, one for each platform (`linux/amd64`). */
export async function pushIndex(
  target: PushTarget,
  manifests: Readonly<Record<string, { readonly digest: string; readonly size: number }>>,
): Promise<Pushed> {
  const listed = Object.entries(manifests).map(([platform, { digest, size }]) => {
    const [os, architecture] = platform.split('/');
    return { mediaType: manifestType, digest, size, platform: { os, architecture } };
  });
  const index = { schemaVersion: 2, mediaType: indexType, manifests: listed };
  return { digest: await putManifest(target, indexType, Buffer.from(JSON.stringify(index))), layers: [] };
}

/** Gives another tag to what a tag of the repository means; the manifest's size comes with it. */
export async function retag(
  target: PushTarget,
  from: string,
): Promise<{ readonly digest: string; readonly size: number }> {
  const { body, type } = await send(target, 'GET', `manifests/${from}`, { accept: `${manifestType},${indexType}` });
  return { digest: await putManifest(target, type, body), size: body.length };
}

async function pushBlob(target: PushTarget, { mediaType, bytes }: PushedLayer) {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const { location } = await send(target, 'POST', 'blobs/uploads/', {});
  const upload = new URL(location, target.url);
  upload.searchParams.set('digest', digest);
  await send(target, 'PUT', upload.href, { 'content-type': 'application/octet-stream' }, bytes);
  return { mediaType, digest, size: bytes.length };
}

async function putManifest(target: PushTarget, type: string, bytes: Buffer): Promise<string> {
  await send(target, 'PUT', `manifests/${target.tag}`, { 'content-type': type }, bytes);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function send(
  { url, repository, authorization }: PushTarget,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  headers: Readonly<Record<string, string>>,
  content?: Buffer,
) {
  const answer = await exchange(new URL(path, `${url}/v2/${repository}/`).href, {
    method,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(30_000),
  });
  const { status, body } = answer;
  if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status}: ${body.toString()}`);
  const { location, 'content-type': type } = answer.headers;
  return { body, location: String(location ?? ''), type: String(type ?? '') };
}

/** The Authorization header of a user. */
export function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
