import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Descriptor, ImageManifest } from '../../../oci/manifest.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { layerTimeoutMs, selectLayer } from './layer.ts';
import { ociRepository } from './testing.ts';

const layer = (mediaType: string, size = 1): Descriptor => ({ mediaType, digest: `sha256:${'a'.repeat(64)}`, size });
const image = (...layers: readonly Descriptor[]): ImageManifest => ({
  mediaType: '',
  config: undefined,
  layers,
  annotations: {},
});

describe('selectLayer', () => {
  it('takes the first layer, or the first of a type', () => {
    const layers = image(layer('a', 1), layer('b', 2), layer('b', 3));
    assert.equal(selectLayer(ociRepository(), layers).size, 1);
    assert.equal(selectLayer(ociRepository({ layerSelector: {} }), layers).size, 1);
    assert.equal(selectLayer(ociRepository({ layerSelector: { mediaType: 'b' } }), layers).size, 2);
  });

  it('says when there is none', () => {
    assert.throws(() => selectLayer(ociRepository(), image()), { message: 'no layers found in artifact' });
    assert.throws(() => selectLayer(ociRepository({ layerSelector: { mediaType: 'c' } }), image(layer('a'))), OciError);
  });
});

describe('layerTimeoutMs', () => {
  it('grows with the layer, and ends', () => {
    assert.equal(layerTimeoutMs(60_000, 0), 60_000);
    assert.equal(layerTimeoutMs(60_000, 6_400_000), 160_000);
    assert.equal(layerTimeoutMs(60_000, 1e12), 600_000);
  });
});
