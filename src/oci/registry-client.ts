import { isRecord } from '../lib/json.ts';
import { verified } from './blob.ts';
import { discard, readBody } from './body.ts';
import { type HttpResponse, requestError } from './http-exchange.ts';
import { nextPage } from './link-header.ts';
import {
  acceptedManifests,
  type Descriptor,
  type ImageManifest,
  isIndex,
  parseIndex,
  parseManifest,
  type RawManifest,
  sha256,
} from './manifest.ts';
import { OciError } from './oci-error.ts';
import { checkDigest, checkTag, type Repository, repositoryName } from './reference.ts';
import { type ApiRequest, RegistryHttp, type RegistryHttpOptions } from './registry-http.ts';

export interface RegistryClientOptions extends RegistryHttpOptions {
  /** How many tags are asked for at a time; 1000 when absent, which is as many as some registries give. */
  readonly tagsPerPage?: number;
}

/** What a tag means at this moment. */
export interface Resolved {
  readonly digest: string;
  readonly mediaType: string;
  /** Of the manifest, bytes; not every registry tells. */
  readonly size?: number;
}

/** The limit that the distribution specification sets. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxPageBytes = 16 * 1024 * 1024;
const maxPages = 1000;
const defaultTagsPerPage = 1000;
const defaultMaxTags = 100_000;

/**
 * Reads from OCI registries (the distribution specification, 1.1). Everything but a digest is what the registry says;
 * what is asked for by digest is verified. All methods throw OciError, in the words of go-containerregistry where it has
 * any, and pass through what the credential source throws. The signal has the deadline. Close it when done.
 */
export class RegistryClient {
  readonly #http: RegistryHttp;
  readonly #tagsPerPage: number;

  constructor({ tagsPerPage = defaultTagsPerPage, ...options }: RegistryClientOptions) {
    this.#http = new RegistryHttp(options);
    this.#tagsPerPage = tagsPerPage;
  }

  /** All tags, in the order of the registry. Throws `TooLarge` when there are more than `max` (default 100,000). */
  async listTags(
    repository: Repository,
    signal: AbortSignal,
    { max = defaultMaxTags }: { readonly max?: number } = {},
  ): Promise<readonly string[]> {
    const tags: string[] = [];
    for await (const page of this.#pages(repository, `tags/list?n=${this.#tagsPerPage}`, signal)) {
      const listed = page['tags'] ?? [];
      if (!Array.isArray(listed)) throw new OciError('ProtocolError', 'the list of tags is not a list');
      for (const tag of listed) if (typeof tag === 'string') tags.push(tag);
      if (tags.length > max) {
        throw new OciError('TooLarge', `${repositoryName(repository)} has more than ${max} tags`);
      }
    }
    return tags;
  }

  /** What a tag or digest means: one HEAD request; where that fails or does not tell, one GET. */
  async resolve(repository: Repository, reference: string, signal: AbortSignal): Promise<Resolved> {
    const request: ApiRequest = { method: 'HEAD', path: manifestPath(reference), accept: acceptedManifests };
    const response = await this.#http.send(repository, request, signal);
    response.body.resume();
    const { 'docker-content-digest': digest, 'content-type': mediaType, 'content-length': size } = response.headers;
    const told = typeof digest === 'string' && typeof mediaType === 'string';
    if (response.status === 200 && told && /^sha256:[0-9a-f]{64}$/.test(digest)) {
      if (isDigest(reference)) checkPromised(digest, reference);
      return { digest, mediaType, ...(typeof size === 'string' ? { size: Number(size) } : {}) };
    }
    const { bytes, ...manifest } = await this.manifest(repository, reference, signal);
    return { ...manifest, size: bytes.byteLength };
  }

  /** The manifest that a tag or digest names; by digest, its bytes are verified. */
  async manifest(repository: Repository, reference: string, signal: AbortSignal): Promise<RawManifest> {
    const request: ApiRequest = { method: 'GET', path: manifestPath(reference), accept: acceptedManifests };
    const response = await this.#get(repository, request, signal);
    const bytes = await this.#read(response, maxManifestBytes, 'the manifest', signal);
    const digest = sha256(bytes);
    if (isDigest(reference)) checkPromised(digest, reference);
    const mediaType = String(response.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    return { digest, mediaType: mediaType.trim(), bytes };
  }

  /** The image that a tag or digest names: of an index, that for linux/amd64. */
  async image(repository: Repository, reference: string, signal: AbortSignal): Promise<ImageManifest> {
    const raw = await this.manifest(repository, reference, signal);
    if (!isIndex(raw)) return parseManifest(raw);
    const wanted = parseIndex(raw).manifests.find(
      ({ platform }) => platform === undefined || (platform.os === 'linux' && platform.architecture === 'amd64'),
    );
    if (wanted === undefined) {
      throw new OciError(
        'NotFound',
        `no child with platform linux/amd64 in index ${repositoryName(repository)}@${raw.digest}`,
      );
    }
    const child = await this.manifest(repository, wanted.digest, signal);
    if (isIndex(child)) throw new OciError('Unsupported', 'the index lists another index');
    return parseManifest(child);
  }

  /**
   * The content of a blob, held against its digest as it comes: nothing of it counts before the end is reached. When the
   * connection breaks, the rest is asked for.
   */
  async blob(
    repository: Repository,
    blob: Pick<Descriptor, 'digest'> & { readonly size?: number },
    signal: AbortSignal,
    { maxBytes }: { readonly maxBytes: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    const digest = checkDigest(blob.digest);
    const request: ApiRequest = { method: 'GET', path: `blobs/${digest}` };
    const response = await this.#get(repository, request, signal);
    const { url } = response;
    const broken = (error: unknown): OciError => requestError(error, { method: 'GET', url, signal, secrets: [] });
    const resume = async (offset: number): Promise<HttpResponse | undefined> => {
      const rest = await this.#http.send(repository, { ...request, headers: { range: `bytes=${offset}-` } }, signal);
      const { 'content-range': range } = rest.headers;
      if (rest.status === 206 && String(range).startsWith(`bytes ${offset}-`)) return rest;
      discard(rest.body);
      return undefined;
    };
    return verified(response, { digest, size: blob.size, maxBytes, broken, resume });
  }

  /**
   * The manifests whose subject is the digest (signatures, attestations): by the referrers API, or by the tag that stands
   * for it at registries without (distribution specification, "Listing Referrers" and "Unavailable Referrers API").
   */
  async referrers(repository: Repository, digest: string, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const found: Descriptor[] = [];
    try {
      for await (const page of this.#pages(repository, `referrers/${checkDigest(digest)}`, signal)) {
        const bytes = Buffer.from(JSON.stringify(page));
        found.push(...parseIndex({ digest, mediaType: '', bytes }).manifests);
      }
      return found;
    } catch (error) {
      if (!(error instanceof OciError) || error.code !== 'NotFound') throw error;
    }
    try {
      return parseIndex(await this.manifest(repository, digest.replace(':', '-'), signal)).manifests;
    } catch (error) {
      if (error instanceof OciError && error.code === 'NotFound') return [];
      throw error;
    }
  }

  /** Gives its connections back to the sessions. */
  close(): void {
    this.#http.close();
  }

  async *#pages(
    repository: Repository,
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<Readonly<Record<string, unknown>>> {
    const seen = new Set<string>();
    for (let next: string | undefined = path; next !== undefined; ) {
      if (seen.has(next) || seen.size >= maxPages)
        throw new OciError('ProtocolError', 'the pages of the list do not end');
      seen.add(next);
      const response: HttpResponse = await this.#get(repository, { method: 'GET', path: next }, signal);
      const bytes = await this.#read(response, maxPageBytes, 'a page of the list', signal);
      yield parsePage(bytes);
      next = nextPage(response.headers['link'], response.url);
    }
  }

  async #get(repository: Repository, request: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
    const response = await this.#http.send(repository, request, signal);
    if (response.status === 200) return response;
    throw await this.#http.failure(request, response);
  }

  async #read({ body, url }: HttpResponse, maxBytes: number, what: string, signal: AbortSignal): Promise<Buffer> {
    try {
      return await readBody(body, maxBytes, what);
    } catch (error) {
      throw requestError(error, { method: 'GET', url, signal, secrets: [] });
    }
  }
}

function manifestPath(reference: string): string {
  return `manifests/${isDigest(reference) ? checkDigest(reference) : checkTag(reference)}`;
}

function isDigest(reference: string): boolean {
  return reference.includes(':');
}

function checkPromised(digest: string, promised: string): void {
  if (digest === promised) return;
  throw new OciError(
    'DigestMismatch',
    `manifest digest: ${JSON.stringify(digest)} does not match requested digest: ${JSON.stringify(promised)}`,
  );
}

function parsePage(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const page: unknown = JSON.parse(bytes.toString('utf8'));
    if (isRecord(page)) return page;
  } catch {
    // Told below.
  }
  throw new OciError('ProtocolError', 'the list of the registry is not a JSON object');
}
