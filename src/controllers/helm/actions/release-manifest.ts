import { uninstallOrder } from '../../../engines/helm/release/kind-order.ts';
import { type Manifest, sortManifests } from '../../../engines/helm/release/manifests.ts';

/** Manifests as a release keeps them: one text (pkg/action/action.go, renderResources). */
export function manifestText(manifests: readonly Manifest[]): string {
  return manifests.map(({ path, content }) => `---\n# Source: ${path}\n${content}\n`).join('');
}

/** The documents of a release in the order in which they are deleted. Throws ManifestError. */
export function documentsToDelete(manifest: string): readonly Manifest[] {
  return sortManifests(new Map([['manifest', manifest]]), uninstallOrder).manifests;
}
