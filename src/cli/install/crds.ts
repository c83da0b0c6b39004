import { allKinds } from '../../crds/all.ts';
import { HELM_GROUP, IMAGE_GROUP, KUSTOMIZE_GROUP, NOTIFICATION_GROUP, SOURCE_GROUP } from '../../crds/meta/names.ts';
import { customResourceDefinition } from '../../crds/schema/crd.ts';
import type { Kind } from '../../crds/schema/kind.ts';
import type { KubeObject } from '../../kube/object.ts';
import { installLabels, withLabels } from './labels.ts';
import type { InstallOptions } from './options.ts';

const controllers: Readonly<Record<string, string>> = {
  [SOURCE_GROUP]: 'source-controller',
  [KUSTOMIZE_GROUP]: 'kustomize-controller',
  [HELM_GROUP]: 'helm-controller',
  [NOTIFICATION_GROUP]: 'notification-controller',
  [IMAGE_GROUP]: 'image-reflector-controller',
};

/** The controller whose CRDs the kind is part of in Flux's distribution. */
function controllerOf(kind: Kind): string {
  if (kind.kind === 'ImageUpdateAutomation') return 'image-automation-controller';
  return controllers[kind.group] ?? 'source-watcher';
}

/**
 * The CRDs of all kinds. They are installed whichever controllers are, as the flux command line asks for each kind, and
 * equal to Flux's, so that controllers of both may run in one cluster.
 */
export function crdObjects(options: Pick<InstallOptions, 'namespace' | 'version'>): readonly KubeObject[] {
  return allKinds.map((kind) =>
    withLabels({ ...customResourceDefinition(kind) }, installLabels(options, controllerOf(kind))),
  );
}
