import type { InstallParts } from '../src/cli/install/render.ts';
import type { KubeObject } from '../src/kube/object.ts';
import { emitYaml } from '../src/yaml/emit.ts';

const notice = '# Made by `npm run generate` from src/crds and src/cli/install. Change those.\n';

/** The files of `config/`, by path: the parts of an installation, each a folder with its kustomization.yaml. */
export function configFiles(parts: InstallParts): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (folder: string, name: string, objects: readonly KubeObject[]) =>
    files.set(`config/${folder}/${name}`, notice + objects.map((object) => `---\n${emitYaml(object)}`).join(''));
  for (const crd of parts.crd) add('crd', `${crdFileName(crd)}.yaml`, [crd]);
  for (const [name, objects] of byComponent(parts.rbac)) add('rbac', `${name}.yaml`, objects);
  for (const [name, objects] of byComponent(parts.manager)) add('manager', `${name}.yaml`, objects);
  for (const object of parts.base) {
    const file = object.kind === 'NetworkPolicy' ? object.metadata.name : object.kind.toLowerCase();
    add('default', `${file}.yaml`, [object]);
  }
  for (const folder of ['crd', 'rbac', 'manager', 'default']) {
    const own = [...files.keys()]
      .filter((path) => path.startsWith(`config/${folder}/`))
      .map((path) => path.slice(`config/${folder}/`.length));
    const others = folder === 'default' ? ['../crd', '../rbac', '../manager'] : [];
    files.set(`config/${folder}/kustomization.yaml`, notice + kustomization([...own, ...others]));
  }
  return files;
}

/** As controller-gen names them: `source.toolkit.fluxcd.io_gitrepositories`. */
function crdFileName({ metadata: { name } }: KubeObject): string {
  const dot = name.indexOf('.');
  return `${name.slice(dot + 1)}_${name.slice(0, dot)}`;
}

function byComponent(objects: readonly KubeObject[]): ReadonlyMap<string, readonly KubeObject[]> {
  return Map.groupBy(objects, ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] ?? 'shared');
}

function kustomization(resources: readonly string[]): string {
  return emitYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}
