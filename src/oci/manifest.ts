import { createHash } from 'node:crypto';
import { isRecord } from '../lib/json.ts';
import { OciError } from './oci-error.ts';
import { checkDigest } from './reference.ts';

/** What points at content (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** `linux/amd64`, in an index. */
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** An image's manifest, of OCI or Docker. */
export interface ImageManifest {
  readonly mediaType: string;
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

/** A list of manifests, of OCI or Docker. */
export interface ImageIndex {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A manifest as a registry has it: its bytes are what the digest is of. */
export interface RawManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** What we can read, for the Accept header. */
export const acceptedManifests = [ociManifest, dockerManifest, ociIndex, dockerList].join(',');

/** More entries than any image has. */
const maxDescriptors = 10_000;

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether it lists manifests, instead of being one. */
export function isIndex({ mediaType }: { readonly mediaType: string }): boolean {
  return mediaType === ociIndex || mediaType === dockerList;
}

/** Throws `ProtocolError` for what is no manifest, `Unsupported` for one that is too old. */
export function parseManifest(raw: RawManifest): ImageManifest {
  const json = parseJson(raw);
  const { config, artifactType } = json;
  return {
    mediaType: raw.mediaType,
    config: config === undefined ? undefined : descriptorOf(config),
    layers: descriptorsOf(json['layers'], 'layers'),
    annotations: textsOf(json['annotations']),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
  };
}

/** Throws `ProtocolError` for what is no index. */
export function parseIndex(raw: RawManifest): ImageIndex {
  const json = parseJson(raw);
  return {
    mediaType: raw.mediaType,
    manifests: descriptorsOf(json['manifests'], 'manifests'),
    annotations: textsOf(json['annotations']),
  };
}

function parseJson({ bytes, mediaType }: RawManifest): Readonly<Record<string, unknown>> {
  if (/^application\/vnd\.docker\.distribution\.manifest\.v1\+/.test(mediaType)) {
    throw new OciError('Unsupported', `unsupported MediaType: ${JSON.stringify(mediaType)}: Docker gave it up in 2017`);
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new OciError('ProtocolError', 'the manifest is not JSON', { cause });
  }
  if (!isRecord(value)) throw new OciError('ProtocolError', 'the manifest is not a JSON object');
  return value;
}

function descriptorsOf(value: unknown, name: string): readonly Descriptor[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > maxDescriptors) {
    throw new OciError('ProtocolError', `'${name}' of the manifest is not a list of at most ${maxDescriptors}`);
  }
  return value.map(descriptorOf);
}

function descriptorOf(value: unknown): Descriptor {
  const { mediaType, digest, size, annotations, artifactType, platform } = isRecord(value) ? value : {};
  if (typeof digest !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new OciError('ProtocolError', 'the manifest has a descriptor without digest or size');
  }
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest: checkDigest(digest),
    size,
    ...(annotations === undefined ? {} : { annotations: textsOf(annotations) }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isRecord(platform)
      ? { platform: { os: String(platform['os']), architecture: String(platform['architecture']) } }
      : {}),
  };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    throw new OciError('ProtocolError', 'annotations of the manifest are not all texts');
  }
  return value as Readonly<Record<string, string>>;
}
