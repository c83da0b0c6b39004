import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import type { Descriptor, ImageManifest } from '../../../oci/manifest.ts';
import { OciError } from '../../../oci/oci-error.ts';

/** The media type of the layer that is a chart. */
export const helmLayerType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** No link that anybody works with is slower, in bytes a millisecond. */
const slowestRate = 64;
const longestFactor = 10;

/**
 * How long a layer of that size may take: `timeoutMs`, and beside it a second for each 64 KB, but never more than ten
 * times `timeoutMs`, so that no registry holds a worker for long. Differs from Flux (ADR 33), which sets no limit.
 */
export function layerTimeoutMs(timeoutMs: number, size: number): number {
  return Math.min(timeoutMs + size / slowestRate, timeoutMs * longestFactor);
}

/** The layer that becomes the artifact. Throws OciError in upstream's words (ocirepository_controller.go, selectLayer). */
export function selectLayer({ spec }: OCIRepository, { layers }: ImageManifest): Descriptor {
  const wanted = spec.layerSelector?.mediaType ?? '';
  const [first] = layers;
  if (first === undefined) throw new OciError('NotFound', 'no layers found in artifact');
  if (wanted === '') return first;
  const found = layers.find(({ mediaType }) => mediaType === wanted);
  if (found !== undefined) return found;
  throw new OciError('NotFound', `failed to find layer with media type '${wanted}' in artifact`);
}
