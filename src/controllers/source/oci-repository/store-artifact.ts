import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { diskProblem } from '../../../artifact/disk-problem.ts';
import { extractArchive } from '../../../artifact/extract.ts';
import type { ArtifactTarget, ScratchDir, Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { ImageManifest } from '../../../oci/manifest.ts';
import { OciError } from '../../../oci/oci-error.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { Fault } from '../../../runtime/fault.ts';
import { fetchFailed, storageFailed } from '../faults.ts';
import { keptEntries } from '../kept-entries.ts';
import { SourceFiles } from '../source-files.ts';
import { layerTimeoutMs, selectLayer } from './layer.ts';
import { ociFault } from './oci-faults.ts';
import type { Upstream } from './upstream.ts';

/** The largest layer, packed; what it may unpack to is the limit of all artifacts (ADR 33). */
const maxLayerBytes = 1024 ** 3;

/** What an artifact is made of. */
export interface ArtifactContent {
  readonly upstream: Upstream;
  readonly image: ImageManifest;
}

export interface StoredArtifact {
  readonly artifact: Artifact;
  /** Under which the newest artifact can always be fetched. */
  readonly url?: string;
  /** Why there is no such address. */
  readonly linkProblem?: string;
}

interface Times {
  readonly signal: AbortSignal;
  /** `spec.timeout`, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Fetches the layer that the object asks for and puts it into the storage: its files packed anew, without what is
 * ignored, or as it is (`copy`). Nothing of it is unpacked or kept before its digest has been checked. Throws Fault
 * (ocirepository_controller.go, reconcileSource and reconcileArtifact).
 */
export async function storeArtifact(
  object: OCIRepository,
  { upstream, image }: ArtifactContent,
  client: RegistryClient,
  storage: Storage,
  times: Times,
): Promise<StoredArtifact> {
  const { namespace, name } = object.metadata;
  const target: ArtifactTarget = { kind: 'OCIRepository', namespace, name, fileName: `${upstream.digest}.tar.gz` };
  const layer = openLayer(object, { upstream, image }, client, times);
  const stored =
    object.spec.layerSelector?.operation === 'copy'
      ? await copyLayer(target, upstream, layer, storage, times)
      : await repack(object, target, { upstream, layer }, storage, times);
  const artifact = {
    ...stored,
    ...(Object.keys(image.annotations).length === 0 ? {} : { metadata: image.annotations }),
  };
  try {
    return { artifact, url: await storage.linkLatest(artifact) };
  } catch (error) {
    // The link is a convenience: who applies the artifact has its own address.
    return { artifact, linkProblem: diskProblem(error) };
  }
}

/** The content of the layer as it comes; its errors are faults. */
async function* openLayer(
  object: OCIRepository,
  { upstream, image }: ArtifactContent,
  client: RegistryClient,
  { signal, timeoutMs }: Times,
): AsyncGenerator<Uint8Array> {
  const layer = orFault(() => selectLayer(object, image));
  const deadline = withDeadline(signal, layerTimeoutMs(timeoutMs, layer.size));
  const copies = object.spec.layerSelector?.operation === 'copy';
  let what = 'failed to extract the first layer from artifact';
  try {
    const content = await client.blob(upstream.repository, layer, deadline, { maxBytes: maxLayerBytes });
    what = copies ? 'failed to copy layer from artifact' : 'failed to extract layer contents from artifact';
    yield* content;
  } catch (error) {
    throw ociFault(error, what, 'OCIArtifactLayerOperationFailed', deadline);
  }
}

/** Upstream says what is wrong with the layers without saying what was tried. */
function orFault<T>(select: () => T): T {
  try {
    return select();
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw fetchFailed('retry', 'OCIArtifactLayerOperationFailed', error.message, error);
  }
}

async function scratchDir(storage: Storage): Promise<ScratchDir> {
  try {
    return await storage.scratchDir();
  } catch (error) {
    const message = `failed to create temporary working directory: ${diskProblem(error)}`;
    throw storageFailed('DirectoryCreationFailed', message, error);
  }
}

async function copyLayer(
  target: ArtifactTarget,
  { revision }: Upstream,
  layer: AsyncIterable<Uint8Array>,
  storage: Storage,
  { signal }: Times,
): Promise<Artifact> {
  try {
    return await storage.save(target, revision, layer, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) throw error;
    throw storageFailed('ArchiveOperationFailed', `unable to copy artifact to storage: ${diskProblem(error)}`, error);
  }
}

async function repack(
  { spec }: OCIRepository,
  target: ArtifactTarget,
  { upstream, layer }: { readonly upstream: Upstream; readonly layer: AsyncIterable<Uint8Array> },
  storage: Storage,
  { signal }: Times,
): Promise<Artifact> {
  await using scratch = await scratchDir(storage);
  const packed = join(scratch.path, 'layer');
  const files = join(scratch.path, 'files');
  try {
    await mkdir(files);
    await pipeline(layer, createWriteStream(packed, { mode: 0o600 }), { signal });
    await extractArchive(packed, files, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) throw error;
    const message = `failed to extract layer contents from artifact: ${diskProblem(error)}`;
    throw fetchFailed('retry', 'OCIArtifactLayerOperationFailed', message, error);
  }
  try {
    const entries = keptEntries(await SourceFiles.below(files), spec.ignore);
    return await storage.archive(target, upstream.revision, entries, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) throw error;
    throw storageFailed(
      'ArchiveOperationFailed',
      `unable to archive artifact to storage: ${diskProblem(error)}`,
      error,
    );
  }
}
