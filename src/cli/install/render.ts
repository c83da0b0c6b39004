import type { KubeObject } from '../../kube/object.ts';
import { components } from './components.ts';
import { crdObjects } from './crds.ts';
import { installLabels, withLabels } from './labels.ts';
import { namespaceObjects } from './namespace.ts';
import { networkPolicies } from './network-policies.ts';
import type { ComponentName, InstallOptions } from './options.ts';
import { type ComponentRules, componentRbac, sharedRbac } from './rbac.ts';
import { componentRules } from './rules.generated.ts';
import { workload } from './workload.ts';

/** The parts of an installation, each in the order in which it is applied. `config/` has a folder for each. */
export interface InstallParts {
  readonly crd: readonly KubeObject[];
  readonly rbac: readonly KubeObject[];
  readonly manager: readonly KubeObject[];
  /** The namespace and what guards it. */
  readonly base: readonly KubeObject[];
}

/**
 * What makes an installation, by part. Throws RangeError for a component that this version does not have. `rules` are
 * those of the controllers; only the generator, which makes them, passes its own.
 */
export function installParts(options: InstallOptions, rules: ComponentRules = componentRules): InstallParts {
  for (const name of options.components) {
    if (rules[name] === undefined) throw new RangeError(`${name} is not part of this version`);
  }
  const label = (component: ComponentName | undefined) => (object: KubeObject) =>
    withPodLabels(withLabels(object, installLabels(options, component)), installLabels(options, component));
  return {
    base: [...namespaceObjects(options), ...(options.networkPolicy ? networkPolicies(options) : [])].map(
      label(undefined),
    ),
    crd: crdObjects(options),
    rbac: [
      ...sharedRbac(options).map(label(undefined)),
      ...options.components.flatMap((name) => componentRbac(name, rules[name] ?? [], options).map(label(name))),
    ],
    manager: options.components.flatMap((name) => workload(components[name], options).map(label(name))),
  };
}

/** Everything that `sluice install` applies, in an order in which each object finds what it needs. */
export function renderInstall(options: InstallOptions): readonly KubeObject[] {
  const { base, crd, rbac, manager } = installParts(options);
  return [...base, ...crd, ...rbac, ...manager];
}

/** As Flux's manifests: a Deployment's Pods carry the labels of the Deployment. */
function withPodLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  if (object.kind !== 'Deployment') return object;
  const spec = object['spec'] as { readonly template: { readonly metadata: { readonly labels: object } } };
  const { template } = spec;
  const metadata = { ...template.metadata, labels: { ...labels, ...template.metadata.labels } };
  return { ...object, spec: { ...spec, template: { ...template, metadata } } };
}
